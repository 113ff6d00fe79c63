"""Show what was found, and where to look."""

from __future__ import annotations

from pathlib import Path

from compfeat.experiment.files import load_config
from compfeat.experiment.layout import Layout
from compfeat.reports.headline import INTERVALS, NEEDS, headline_text
from compfeat.reports.summary import Tables

LOOK = {"paper": "paper.pdf", "explorer": "explorer.html"}
"""The documents to look at first."""


def headline(*, config: list[Path], project: Path = Path()) -> None:
    """Show what was found, and where to look. make paper ends with it.

    Args:
        config: the base configuration and its overlays.
        project: folder that the run lies in.

    Raises:
        DataError: the run has no summary.
        ConfigError: a configuration is missing or is no YAML.
    """
    layout = Layout(str(load_config([project / path for path in config])["output"]), "")
    places = {name: layout.document(file) for name, file in LOOK.items()} | {"numbers": layout.table("headline.csv")}
    paths = {name: project / layout.table(name) for name in (*NEEDS, INTERVALS)}
    print(headline_text(Tables({name: path for name, path in paths.items() if name in NEEDS or path.is_file()})))
    print()
    for name, path in places.items():
        print(f"{name:<10}{path}")
