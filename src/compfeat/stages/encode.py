"""Stage ``encode``: codes a run's quantised features at one point and accounts for every byte."""

from __future__ import annotations

import argparse
from pathlib import Path

from compfeat.codecs import CODECS
from compfeat.features.transport import send


def main(argv: list[str]) -> None:
    """Run the stage on the files that ``argv`` names."""
    parser = argparse.ArgumentParser(prog="compfeat encode", description=__doc__, allow_abbrev=False)
    parser.add_argument("--features", type=Path, required=True, help="features file of the run")
    parser.add_argument(
        "--index", type=Path, required=True, help="CSV whose image_id lists the images in the file's order"
    )
    parser.add_argument("--codec", required=True, help="name of a codec, e.g. hevc")
    parser.add_argument("--quality", required=True, help="one of the codec's qualities, e.g. qp32")
    parser.add_argument("--stream", type=Path, required=True, help="bitstream to write")
    parser.add_argument("--side-info", type=Path, required=True, help="minima and maxima to write, 8 bytes an image")
    parser.add_argument("--ledger", type=Path, required=True, help="CSV to write: bytes of every image")
    parser.add_argument("--ffmpeg", default="", help="ffmpeg binary; empty for the one of imageio-ffmpeg")
    args = parser.parse_args(argv)
    codec = CODECS.get(args.codec)(args.quality, args.ffmpeg or None)
    send(codec, args.features, args.index, args.stream, args.side_info, args.ledger)
