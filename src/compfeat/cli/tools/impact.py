"""Show what of a run would change with a file, a package or a setting."""

from __future__ import annotations

import json
from pathlib import Path

from compfeat.provenance.graph import Graph
from compfeat.provenance.impact import impact_report
from compfeat.provenance.jobs import read_jobs
from compfeat.provenance.lineage import inside
from compfeat.provenance.text import impact_lines


def impact(path: str, *, project: Path = Path(), json_: bool = False) -> None:
    """Show what of a run would change with a file, a package or a setting.

    The path is a file of the run, a source image, a module (src/compfeat/codecs/plugins/hevc.py), a rule file, or the configuration;
    tool:NAME is a package or program that jobs use, config:KEY a key such as config:training.noise_steps, for which dvc.yaml
    says which stages depend on it.

    Args:
        path: a file, tool:NAME or config:KEY.
        project: folder that the run lies in.
        json_: print JSON.

    Raises:
        DataError: nothing is known of such a file.
        ConfigError: there is no such package or key.
    """
    named = path if path.startswith(("tool:", "config:")) else inside(project, path)
    report = impact_report(project, Graph.of(project, read_jobs(project)), named)
    print(json.dumps(report, indent=2, sort_keys=True) if json_ else "\n".join(impact_lines(report)))
