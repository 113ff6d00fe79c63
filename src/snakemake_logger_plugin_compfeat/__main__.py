"""Print how long jobs took: ``python -m snakemake_logger_plugin_compfeat OUTPUT``, in a project whose run lies in OUTPUT."""

from __future__ import annotations

import sys
from pathlib import Path

from snakemake_logger_plugin_compfeat.run_times import recorded_times, write_times

write_times(sys.stdout, recorded_times(Path(), sys.argv[1]))
