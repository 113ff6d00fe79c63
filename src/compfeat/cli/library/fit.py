"""Fit a codec to features."""

from __future__ import annotations

from pathlib import Path

from compfeat.cli.library.files import read_npy
from compfeat.feature_codec import FeatureCodec


def fit(features: Path, *, out: Path, importance: Path | None = None, bands: int = 4, floor: float = 0.2) -> None:
    """Fit a codec to the features of some images.

    Args:
        features: .npy file, N x C x h x w.
        out: the codec, an .npz file to write.
        importance: .npy file of weights, as compfeat.torch.importance makes them; all channels count alike if not given.
        bands: bands of spatial frequency with a matrix each.
        floor: share of the importance that is the same in all directions.
    """
    weights = None if importance is None else read_npy(importance)
    given = read_npy(features)
    FeatureCodec.fit(given, weights, bands=bands, floor=floor).save(out)
    print(f"{out}: {out.stat().st_size} bytes, fitted to {len(given)} images of {'x'.join(map(str, given.shape[1:]))}")
