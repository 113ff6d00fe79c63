"""The base of every typed part of the configuration, and how a mistake in one is reported in one line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from compfeat.errors import ConfigError


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values do not change; null for an entry of a mapping removes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_removed(cls, values: Any) -> Any:
        """Return ``values`` without the entries that an overlay removed: of mappings by name, and of a plug-in's options."""
        if not isinstance(values, Mapping):
            return values
        known = cls.model_fields
        return {
            key: {name: entry for name, entry in value.items() if entry is not None}
            if isinstance(value, Mapping) and (key not in known or is_by_name(known[key].annotation))
            else value
            for key, value in values.items()
        }


def is_by_name(annotation: Any) -> bool:
    """Return whether an annotation is a mapping, or a mapping or null, whose own values are never null."""
    if get_origin(annotation) is dict:
        entry = get_args(annotation)[1]
        return entry is not Any and type(None) not in get_args(entry)
    return any(is_by_name(part) for part in get_args(annotation) if get_origin(part) is dict)


class NoOptions(Section):
    """Options of a plug-in that has none."""


S = TypeVar("S", bound=Section)
OptionsT = TypeVar("OptionsT", bound=Section)


class WithOptions(Generic[OptionsT]):
    """Base of plug-ins with options of their own, whose type is named once: ``class Webp(Codec[WebpOptions])``."""

    options_type: ClassVar[type[Any]]
    """Their type, as the class statement names it, or the bound of what it leaves open."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for argument in (part for base in vars(cls).get("__orig_bases__", ()) for part in get_args(base)):
            model = getattr(argument, "__bound__", argument)
            if isinstance(model, type) and issubclass(model, Section):
                cls.options_type = model


def validated(model: type[S], values: Mapping[str, Any], where: str = "") -> S:
    """Return ``values`` as a ``model``.

    Args:
        where: the config key that ``values`` stand under, for messages; empty for the whole configuration.

    Raises:
        ConfigError: the first key that is unknown, missing, of the wrong type, or out of range.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explained(model, error, where)) from None


def from_json(model: type[S], text: str) -> S:
    """Return the JSON text of ``--settings`` as a ``model``. Raises ConfigError if it is not JSON, or not the model's."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise ConfigError(explained(model, error, "--settings")) from None


def options_of(entry: type[WithOptions[OptionsT]], values: Mapping[str, Any], where: str) -> OptionsT:
    """Return ``values`` as the options of a plug-in.

    Raises:
        ConfigError: a key is unknown, missing, of the wrong type or out of range; ``where`` is the config key they stand under.
    """
    options: OptionsT = validated(entry.options_type, values, where)
    return options


def explained(model: type[BaseModel], error: ValidationError, where: str) -> str:
    """Return in one line which key is wrong, what was found, and what is expected."""
    first = error.errors(include_url=False)[0]
    # Pydantic adds the tags of unions, and that a key itself is wrong, to a location; those are not keys.
    parts = [str(part) for part in first["loc"] if not str(part).startswith(("function-", "tuple[", "list[", "[key]"))]
    key = ".".join([*([where] if where else []), *parts]) or "the configuration"
    if first["type"] == "extra_forbidden":
        known = known_keys(model, parts[:-1])
        near = difflib.get_close_matches(parts[-1], known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}" if known else "remove it"
        return f"key {key!r} is unknown; {hint}"
    if first["type"] == "missing":
        return f"key {key!r} is missing; see config/README.md"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return f"key {key!r}: {message}"
    if first["type"] == "tuple_type":
        message = "expected a list, such as [a, b]"
    return f"key {key!r}: found {first['input']!r}; {message[:1].lower()}{message[1:]}"


def known_keys(model: type[BaseModel], parts: list[str]) -> list[str]:
    """Return the keys of the section that stands at ``parts`` in ``model``; none where that is no section."""
    current: Any = model
    for part in parts:
        field = getattr(current, "model_fields", {}).get(part)
        if field is None:
            current = section_in(current)
            continue
        current = field.annotation
    section = section_in(current)
    return list(section.model_fields) if section is not None else []


def section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that an annotation is or contains (as the values of a mapping, the items of a list)."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((s for part in getattr(annotation, "__args__", ()) if (s := section_in(part)) is not None), None)
