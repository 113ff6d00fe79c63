import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from compfeat.__main__ import main as compfeat
from compfeat.features.quantise import quantise
from compfeat.features.store import FeatureWriter
from compfeat.stages import encode


def arguments(folder: Path, codec: str, quality: str) -> list[str]:
    with FeatureWriter(folder / "f.npy", 2, (4, 8, 8)) as writer:
        for seed in range(2):
            writer.append(quantise(np.random.default_rng(seed).standard_normal((4, 8, 8)).astype(np.float32)))
    pd.DataFrame({"image_id": ["a", "b"]}).to_csv(folder / "val.csv", index=False)
    named = {
        "features": "f.npy",
        "index": "val.csv",
        "stream": "out/s.bin",
        "side-info": "out/i.bin",
        "ledger": "out/l.csv",
    }
    files = [text for flag, name in named.items() for text in (f"--{flag}", str(folder / name))]
    return [*files, "--codec", codec, "--quality", quality]


@pytest.mark.parametrize(("codec", "quality"), [("png", "lossless"), ("jpeg", "q90"), ("hevc", "qp30")])
def test_stage_writes_stream_side_info_and_ledger(codec: str, quality: str, tmp_path: Path) -> None:
    encode.main(arguments(tmp_path, codec, quality))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["i.bin", "l.csv", "s.bin"]
    assert pd.read_csv(tmp_path / "out" / "l.csv")["image_id"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--quality", "qp99"], "codec 'hevc': quality 'qp99' is unknown"),
        (["--codec", "gif"], "codec 'gif' is unknown; expected one of hevc, jpeg, png"),
        (["--features", "/nowhere.npy"], "/nowhere.npy: not found; run the features stage"),
        (["--ffmpeg", "/nowhere/ffmpeg"], "/nowhere/ffmpeg: cannot be run"),
    ],
)
def test_mistakes_are_told_in_one_line(
    change: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compfeat(["encode", *arguments(tmp_path, "hevc", "qp30"), *change]) == 2
    error = capsys.readouterr().err
    assert error.startswith("compfeat encode: error: ") and message in error and error.count("\n") == 1


def test_png_stage_loads_neither_torch_nor_ffmpeg(tmp_path: Path) -> None:
    code = "import sys; from compfeat.stages import encode; encode.main(sys.argv[1:]); print({'torch','ffmpeg'} & set(sys.modules))"
    argv = [sys.executable, "-c", code, *arguments(tmp_path, "png", "lossless")]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip() == "set()"
