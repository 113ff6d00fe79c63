"""Snakemake's own records of what made what: the only place that knows their format.

Written for Snakemake 9.27 (record format 6) and its file backend: ``.snakemake/metadata`` has one JSON file an output. The
file's name is the output's path in URL-safe base64, cut into folders (``@...``) where it is long. The format is private to
Snakemake, so a record of another one is refused, and ``tests/unit/provenance/test_snakemake_metadata.py`` reads what the
installed Snakemake writes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compfeat.errors import DataError

FOLDER = ".snakemake/metadata"
FORMAT = 6


def read_records(project: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path of each output and its record, which has rule, input, shellcmd, params, starttime, endtime, input_checksums.

    Raises:
        DataError: there are no records, or one of them is damaged or of another format.
    """
    folder = project / FOLDER
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if not paths:
        raise DataError(f"{folder}: found no records of jobs; run make paper, or dvc pull where a run was recorded")
    for path in paths:
        name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
        try:
            output, record = base64.urlsafe_b64decode(name).decode(), json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataError(f"{path}: not a record of Snakemake ({error}); rerun the file's job") from None
        if not isinstance(record, dict):
            raise DataError(f"{path}: found {type(record).__name__}; expected an object; rerun the file's job")
        if record.get("record_format_version", FORMAT) != FORMAT:
            found = record["record_format_version"]
            raise DataError(
                f"{path}: found record format {found!r}; expected {FORMAT}, Snakemake 9.27's; install requirements.lock"
            )
        yield output, record
