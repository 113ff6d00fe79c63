"""Show what was found, and where it lies."""

from __future__ import annotations

from pathlib import Path

from compfeat.experiment.files import load_config
from compfeat.experiment.layout import Layout
from compfeat.io import read_csv
from compfeat.provenance.files import made_files
from compfeat.reports.headline import NEEDS, headline_text, missing_intervals
from compfeat.reports.summary import Tables


def headline(*, config: list[Path], project: Path = Path()) -> None:
    """Show what was found, and where it lies. make paper ends with it.

    Args:
        config: the base configuration and its overlays.
        project: folder that the run lies in.

    Raises:
        DataError: the run has no summary.
        ConfigError: a configuration is missing or is no YAML.
    """
    layout = Layout(str(load_config([project / path for path in config])["output"]), "")
    print(headline_text(Tables.of(project / layout.table(name) for name in NEEDS)))
    files, intervals = made_files(project, layout), layout.table("intervals.csv")
    if intervals in files:
        for line in missing_intervals(read_csv(project / intervals, ["verdict"])):
            print(line)
    print("\n".join([f"{len(files)} files:", *(f"  {path}" for path in files)]))
