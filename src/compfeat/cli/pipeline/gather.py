"""Make a table from what the stages before left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from compfeat.arrays import write_arrays
from compfeat.errors import ConfigError, DataError
from compfeat.experiment.config import part_of
from compfeat.io import write_csv, write_text
from compfeat.results.tables.base import TABLES, Content, Inputs

DIGITS = 10
"""Significant digits of tables. The last of a double's 16 depend on the processor in logarithms, fits and matrix products."""


def gather(*, settings: str, inputs: list[str] = [], output: Path) -> None:  # noqa: B006 - never changed
    """Make a table.

    Args:
        settings: the sections of the experiment that the table uses, as JSON.
        inputs: the files that it reads, each KIND:ID=PATH.
        output: its file, called like the module of compfeat.results.tables.plugins that makes it.

    Raises:
        ConfigError: no table has the output's name, the settings are wrong, or an input has no kind or id.
        DataError: a file is missing or damaged, or the files do not go together.
    """
    spec = TABLES.get(output.stem)
    if output.name != spec.file:
        raise ConfigError(f"--output: found {output.name}; expected {spec.file}")
    write(output, spec.make(Inputs(part_of(sections(settings)), parsed(inputs))))
    print(f"gather: {output}")


def write(path: Path, content: Content) -> None:
    """Write a table's content. Raises DataError if it is not of the kind that its file's name says."""
    if path.suffix == ".csv" and isinstance(content, pd.DataFrame):
        write_csv(path, rounded(content))
    elif path.suffix == ".npz" and isinstance(content, dict):
        write_arrays(path, content)
    elif path.suffix == ".json" and isinstance(content, dict):
        # In the order that it was made in, which is that of display.
        write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    else:
        raise DataError(
            f"{path.name}: made {type(content).__name__}; expected rows (.csv), arrays (.npz) or values (.json)"
        )


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose floating-point cells have DIGITS significant digits."""
    floats = table.select_dtypes("float")
    return table.assign(**{str(name): [float(f"{v:.{DIGITS}g}") for v in column] for name, column in floats.items()})


def sections(text: str) -> dict[str, object]:
    """Return the sections in a text of JSON. Raises ConfigError if there are none."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"--settings: not JSON ({error})") from None
    if not isinstance(values, dict):
        raise ConfigError(f"--settings: found {text}; expected sections by name")
    return values


def parsed(words: Sequence[str]) -> dict[str, dict[str, Path]]:
    """Return paths by kind and id from words KIND:ID=PATH. Raises ConfigError for another form."""
    paths: dict[str, dict[str, Path]] = {}
    for word in words:
        key, equals, path = word.partition("=")
        kind, colon, identity = key.partition(":")
        if not equals or not colon:
            raise ConfigError(f"--inputs: found {word!r}; expected KIND:ID=PATH")
        paths.setdefault(kind, {})[identity] = Path(path)
    return paths
