"""What config/README.md and the JSON schema say of the configuration, made from the model itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from compfeat.experiment.config import SHARED, Experiment
from compfeat.settings.section import section_in

START, END = "<!-- keys: made by make keys -->", "<!-- end of keys -->"


class Untitled(GenerateJsonSchema):
    """Schemas whose keys have no titles, which would repeat their names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema() -> dict[str, Any]:
    """Return the JSON schema of a whole configuration, as its files say it: cuts and trainings may leave shared keys out."""
    document = Experiment.model_json_schema(schema_generator=Untitled)
    definitions = document["$defs"]
    for name, (section, model) in SHARED.items():
        definitions[model.__name__].pop("required", None)
        common = {"$ref": f"#/$defs/{model.__name__}", "description": f"what all {section} have in common"}
        document["properties"][name] = common
    return document


def keys_table() -> str:
    """Return the table of all keys in Markdown."""
    lines = ["| key | type | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | | what all {above} have in common: see `{above}` |" for name, (above, _) in SHARED.items()]
    lines += [f"| `{key}` | {kind} | {text} |" for key, kind, text in keys(Experiment)]
    return "\n".join(lines) + "\n"


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield every key below ``model`` with its type and meaning; names of entries are written in capitals."""
    for name, field in model.model_fields.items():
        inner = section_in(field.annotation)
        text = (field.description or (inner.__doc__ if inner else "") or "").strip().partition("\n")[0].rstrip(".")
        yield f"{prefix}{name}", kind_of(field.annotation), text.replace("|", "\\|")
        if inner is not None and inner.model_fields:
            several = "dict" in str(field.annotation) or "tuple" in str(field.annotation)
            yield from keys(inner, f"{prefix}{name}.{'NAME.' if several else ''}")


def kind_of(annotation: Any) -> str:
    """Return a type in words."""
    if section_in(annotation) is not None:
        text = str(annotation)
        return "entries by name" if "dict" in text else "list" if "tuple" in text else ""
    text = str(annotation).replace("typing.", "").replace("NoneType", "null")
    for word, said in (("dict", "mapping"), ("tuple", "list"), ("Literal", "one of a few"), ("bool", "true or false")):
        if word in text:
            return said
    for word, said in (("float", "number"), ("int", "whole number"), ("str", "text")):
        if re.search(rf"\b{word}\b", text):
            return f"{said} or null" if "None" in text or "null" in text else said
    return ""


def with_table(readme: str) -> str:
    """Return config/README.md with its table of keys up to date."""
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{keys_table()}{END}{after}"
