"""Compare your own run with the recorded one: identical, or how far off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from compfeat.provenance.records import DEFAULT, read_record, same_experiment
from compfeat.provenance.text import verify_lines
from compfeat.provenance.verify import verify_report


def verify(*, record: str = DEFAULT, config: Sequence[Path] = (), project: Path = Path(), json_: bool = False) -> int:
    """Compare your own run with the recorded one: identical, or how far off.

    Shown are, folder by folder, how many files are identical to the byte; where the two runs part (files that differ though all
    that their jobs read is identical); and how far sizes, metrics and BD-rates are off. On another kind of processor training may
    round otherwise, so that networks and all that follows differ a little: then the numbers count, not the bytes.

    Exit status: 0 where every file is identical, 1 where not, 2 for a user's mistake.

    Args:
        record: folder of the record, in the project.
        config: the base configuration and its overlays; where given, the record must be of the same experiment.
        project: folder that the run lies in.
        json_: print JSON.

    Raises:
        ConfigError: a configuration is missing or is no YAML, or an overlay has the name of the run without one.
        DataError: there is no record, or it is of another experiment, or no run to compare with it.
    """
    if config:
        same_experiment(project, record, config)
    report = verify_report(project, read_record(project / record), project / record)
    print(json.dumps(report, indent=2, sort_keys=True) if json_ else "\n".join(verify_lines(report)))
    return 0 if report["identical"] else 1
