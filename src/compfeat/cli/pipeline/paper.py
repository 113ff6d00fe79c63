"""Set the paper and its supplement from the summary, the figures and the config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compfeat.errors import DataError
from compfeat.experiment.start import TrainedOn, known_training
from compfeat.io import read_json, write_bytes
from compfeat.reports.paper.build import build, templates
from compfeat.reports.paper.facts import TABLES, paper_facts
from compfeat.reports.settings import PaperSettings
from compfeat.reports.summary import Tables
from compfeat.results.resolved import EXPERIMENT


def paper(
    *,
    settings: PaperSettings,
    tables: list[Path],
    networks: list[Path],
    figures: Sequence[Path] = (),
    starts: Sequence[Path] = (),
    records: Sequence[Path] = (),
    pdf: list[Path],
    html: Path | None = None,
) -> None:
    """Set the paper from the summary, the figures and the config.

    Args:
        settings: what the configuration's plug-ins declare.
        tables: files of the summary, found by their names.
        networks: descriptions of the trained networks (network.json), of each cut one at least.
        figures: PDFs of the figures, found by their names.
        starts: weights from outside the run that trainings start from and that have a description beside them.
        records: tables of recorded runs, each in a folder with the name of its run.
        pdf: outputs, paper.pdf and supplement.pdf or one of them.
        html: output, the paper as one file of HTML.

    Raises:
        DataError: a file is missing or damaged.
        ToolError: a template cannot be set.
    """
    summary, shown = Tables.of(tables), {path.stem: path for path in figures}
    for name in TABLES:
        summary.csv(name)
    missing = [figure.name for figure in settings.figures if figure.name not in shown]
    if missing:
        raise DataError(
            f"{missing[0]}.pdf: not among --figures; draw the figure, or remove it from the config's figures"
        )
    experiment = summary.resolved.experiment
    runs = sorted({path.parent for path in records})
    recorded = {run.name: Tables.of(path for path in records if path.parent == run) for run in runs}
    facts = paper_facts(experiment, settings, [read_json(path) for path in networks], known_starts(starts), recorded)
    files = [*map(summary.path, (*TABLES, EXPERIMENT)), *figures]
    for path in pdf:
        write_bytes(path, build(facts, files, templates(experiment)[path.stem]))
    if html is not None:
        write_bytes(html, build(facts, files, templates(experiment)["paper"], "html"))
    print(f"paper: {len(shown)} figures -> {', '.join(map(str, [*pdf, *([html] if html else [])]))}")


def known_starts(files: Sequence[Path]) -> dict[str, TrainedOn]:
    """Return what weights were trained on, by their file, of those whose description is about their very bytes."""
    return {str(path): known for path in files if (known := known_training(path)) is not None}
