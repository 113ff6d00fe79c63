"""Make tables from what the stages before left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from compfeat.arrays import write_arrays
from compfeat.errors import ConfigError, DataError
from compfeat.io import write_csv, write_json, write_text
from compfeat.results import TABLES, Inputs
from compfeat.results.plan import Plan

DIGITS = 10
"""Significant digits of tables. The last of a double's 16 depend on the processor in logarithms, fits and matrix products."""


def gather(*, name: str, settings: Plan, inputs: list[str] = [], outputs: list[Path]) -> None:  # noqa: B006 - never changed
    """Make the tables of one computation.

    Args:
        name: the computation, a module of compfeat.results.
        settings: the parts of the configuration that it uses.
        inputs: the files that it reads, each KIND:ID=PATH.
        outputs: the files that it makes, each in the folder of tables by its name.

    Raises:
        ConfigError: an input without kind or id, or outputs that the computation does not make.
        DataError: a file is missing or damaged, or the files do not go together.
    """
    spec = TABLES.get(name)
    files = spec.files(settings)
    paths = {file: path for file in files for path in outputs if path.as_posix().endswith(f"/{file}")}
    if set(paths) != set(files) or len(outputs) != len(files):
        found = ", ".join(sorted(str(path) for path in outputs))
        raise ConfigError(f"--outputs: found {found}; {name} makes {', '.join(sorted(files))}")
    made = spec.make(Inputs(settings, parsed(inputs)))
    for file, path in paths.items():
        content = made.get(file)
        if isinstance(content, pd.DataFrame):
            write_csv(path, rounded(content))
        elif isinstance(content, str):
            write_text(path, content)
        elif path.suffix == ".npz" and isinstance(content, dict):
            write_arrays(path, content)
        elif path.suffix == ".json" and isinstance(content, dict):
            write_json(path, content)
        else:
            raise DataError(
                f"{name}: made no {file} of a kind that can be written; expected a table, arrays, text or a mapping"
            )
    print(f"gather {name}: {', '.join(files)}")


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose floating-point cells have DIGITS significant digits."""
    floats = table.select_dtypes("float")
    return table.assign(**{str(name): [float(f"{v:.{DIGITS}g}") for v in column] for name, column in floats.items()})


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
