"""Check every file of a run against its record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from compfeat.provenance.audit import audit_report
from compfeat.provenance.records import DEFAULT, read_record, same_experiment
from compfeat.provenance.text import audit_lines


def audit(*, record: str = DEFAULT, config: Sequence[Path] = (), project: Path = Path(), json_: bool = False) -> int:
    """Check every file of a run against its record, and name what depends on those that differ.

    Exit status: 0 where all is as recorded, 1 where a file was changed, is missing or is extra, 2 for a user's mistake (among
    them that nothing was recorded).

    Args:
        record: folder of the record, in the project.
        config: the base configuration and its overlays; where given, the record must be of the same experiment.
        project: folder that the run lies in.
        json_: print JSON.

    Raises:
        ConfigError: a configuration is missing or is no YAML, or an overlay has the name of the run without one.
        DataError: there is no record, or it is of another experiment, or a file cannot be read.
    """
    if config:
        same_experiment(project, record, config)
    report = audit_report(project, read_record(project / record))
    print(json.dumps(report, indent=2, sort_keys=True) if json_ else "\n".join(audit_lines(report, record)))
    return 1 if report["differences"] else 0
