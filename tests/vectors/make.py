"""Write the test vectors of docs/reference/stream-format.md again: only where the format changes, and its version with it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compfeat import FeatureCodec

HERE = Path(__file__).parent


def maps(seed: int, *shape: int) -> NDArray[np.float32]:
    """Return skewed features whose channels differ in strength."""
    rng = np.random.default_rng(seed)
    strength = np.geomspace(4, 0.05, shape[-3])[:, None, None]
    return (rng.laplace(0.3, 1, shape) * strength).astype(np.float32)


def main() -> None:
    signed, wide = FeatureCodec.fit(maps(0, 40, 5, 6, 7)), FeatureCodec.fit(maps(1, 40, 1, 2, 33), bands=1)
    loud = maps(2, 5, 6, 7)
    loud[0, 2, 3], loud[4] = 3e5, -7
    given = {
        "fine": (signed, maps(3, 5, 6, 7), -4.5),
        "usual": (signed, maps(4, 5, 6, 7), 3.25),
        "coarse": (signed, maps(5, 5, 6, 7), 7),
        "escapes": (signed, loud, 2),
        "nothing": (signed, signed.transform["mean"], 8),
        "larger": (signed, maps(6, 5, 12, 9), 4),
        "smaller": (signed, maps(7, 5, 1, 3), 0),
        "one_channel": (wide, maps(8, 1, 2, 33), 0),
        "one_channel_larger": (wide, maps(9, 1, 3, 140), 1),
    }
    signed.save(HERE / "signed.npz")
    wide.save(HERE / "wide.npz")
    listed = {}
    for name, (codec, features, quality) in given.items():
        data = codec.encode(features, quality)
        (HERE / f"{name}.cf").write_bytes(data)
        listed[name] = {
            "codec": "signed.npz" if codec is signed else "wide.npz",
            "shape": list(features.shape),
            "sha256": hashlib.sha256(data).hexdigest(),
            "sha256_of_levels": hashlib.sha256(codec.levels(data).astype("<i8").tobytes()).hexdigest(),
        }
    (HERE / "vectors.json").write_text(json.dumps(listed, indent=2) + "\n")


if __name__ == "__main__":
    main()
