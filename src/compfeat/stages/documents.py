"""The stages paper and explorer: their settings, from plug-ins and programs, and the texts that they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import compfeat
from compfeat.io import sha256_of
from compfeat.provenance.tools import versions
from compfeat.reports.figures.base import FIGURES
from compfeat.reports.paper.facts import PUBLISHED_TASKS
from compfeat.stages.params import section
from compfeat.stages.tables import Tables
from compfeat.stages.training import task_modules
from compfeat.tasks.base import TASKS

SOFTWARE = ("torch", "numpy", "pandas", "pillow", "ffmpeg-python", "imageio-ffmpeg", "bjontegaard", "seaborn")
"""What the paper names of the software that a run used."""
REPORTS = Path(compfeat.__file__).parent / "reports"


@dataclass(frozen=True)
class Documents:
    """The settings of jobs that make documents."""

    tables: Tables

    def figures(self) -> list[dict[str, str]]:
        """Return what describes each figure."""
        specs = map(FIGURES.get, self.tables.coding.experiment.figures)
        return [{"name": spec.name, "caption": spec.caption, "category": spec.category} for spec in specs]

    def paper_settings(self, rendered: bool) -> dict[str, Any]:
        """Return the paper's settings; ``rendered`` says whether the scenes are."""
        e = self.tables.coding.experiment
        codecs = {
            name: {
                "module": e.codec_module(name),
                "tiles": hasattr(e.codec_class(name), "encode_frames"),
                "options": section(e.codec_options(name)),
            }
            for name in e.codecs
        }
        tools = dict(tool.rsplit(" ", 1) for tool in versions(*SOFTWARE).split(", "))
        return {"rendered": rendered, "codecs": codecs, "figures": self.figures(), "tools": tools}

    def paper_modules(self) -> list[str]:
        """Return the modules of the tasks, also of those whose published numbers the paper shows."""
        return list(dict.fromkeys([*task_modules(self.tables.coding.experiment), *map(TASKS.module, PUBLISHED_TASKS)]))

    def explorer_settings(self) -> dict[str, Any]:
        """Return the explorer's settings."""
        specs = [self.tables.specs[file] for file in self.tables.shown]
        pages = [{"name": spec.name, "title": spec.title, "caption": spec.caption} for spec in specs]
        return {"figures": self.figures(), "pages": pages}

    @staticmethod
    def paper_texts() -> list[str]:
        """Return the SHA-256 of each Typst and CSS file of the paper."""
        return [sha256_of(path) for kind in ("typ", "css") for path in sorted((REPORTS / "paper").glob(f"*.{kind}"))]

    @staticmethod
    def explorer_texts() -> list[str]:
        """Return name and SHA-256 of each file that the explorer's page is made of."""
        paths = sorted(path for kind in ("html", "css", "js") for path in (REPORTS / "explorer").glob(f"*.{kind}"))
        return [f"{path.name} {sha256_of(path)}" for path in paths]
