"""Print how long jobs took: ``python -m snakemake_logger_plugin_compfeat OUTPUT``, in a project whose run lies in OUTPUT."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from snakemake_logger_plugin_compfeat.run_times import recorded_seconds

writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(["rule", "seconds"])
writer.writerows([rule, f"{seconds:.1f}"] for rule, seconds in recorded_seconds(Path(), sys.argv[1]).items())
