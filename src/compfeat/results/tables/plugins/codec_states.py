"""What fitted codecs weigh (``codec_states.csv``): sent once and not with every image, so that no rate counts it."""

from __future__ import annotations

import pandas as pd

from compfeat.results.tables.base import Inputs, table
from compfeat.settings.runs import parse_run

COLUMNS = ("cut", "method", "seed", "codec", "arrays", "array_bytes", "file_bytes")


@table("codec_states.csv", needs=("states",))
def make_codec_states(inputs: Inputs) -> pd.DataFrame:
    """Return one row per run and fitted codec: how many arrays its state has, their bytes, and those of the file.

    Raises:
        DataError: a file is missing or damaged.
    """
    rows = []
    for name, path in sorted(inputs.of("states").items()):
        run_id, _, codec = name.rpartition("/")
        run, arrays = parse_run(run_id), inputs.arrays("states", name)
        sizes = (len(arrays), sum(array.nbytes for array in arrays.values()), path.stat().st_size)
        rows.append((run.cut, run.method, run.seed, codec, *sizes))
    return pd.DataFrame(rows, columns=list(COLUMNS))
