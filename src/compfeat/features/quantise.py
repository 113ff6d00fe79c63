"""The uniform min-max quantiser (METHOD.md, "Quantiser").

All arithmetic is IEEE double precision, one numpy operation at a time: a float32 converts to it exactly, and the
difference of two cannot overflow, so codes and reconstructions are the same on every machine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import ConfigError, DataError

MAX_BITS = 8
"""Codes are bytes."""


class Quantised(NamedTuple):
    """A quantised feature tensor.

    Attributes:
        codes: uint8, C x H x W, 0 to 2^bits - 1.
        minimum: the tensor's least value, which code 0 stands for.
        maximum: the tensor's greatest value, which code 2^bits - 1 stands for.
    """

    codes: NDArray[np.uint8]
    minimum: np.float32
    maximum: np.float32


def quantise(features: NDArray[np.float32], bits: int = MAX_BITS) -> Quantised:
    """Quantise a float32 tensor C x H x W: q = round((f - min) / (max - min) * (2^bits - 1)), one min and max for all.

    Ties round to even (numpy.rint). A constant tensor gets code 0 throughout.

    Raises:
        DataError: the tensor is empty, not float32, or has a value that is not finite.
        ConfigError: ``bits`` is not 1 to 8.
    """
    levels = _levels(bits)
    if features.dtype != np.float32 or features.size == 0:
        raise DataError(
            f"features are {features.dtype} of shape {features.shape}; expected a float32 tensor that is not empty"
        )
    finite = np.isfinite(features)
    if not finite.all():
        raise DataError(
            f"features have {features.size - int(finite.sum())} of {features.size} values that are not finite; "
            "the network diverged: train it again with a lower learning rate"
        )
    # Adding 0 turns -0 into +0: which of the two a minimum returns depends on the machine, and 8 bytes are sent.
    minimum, maximum = features.min() + np.float32(0), features.max() + np.float32(0)
    if minimum == maximum:
        return Quantised(np.zeros(features.shape, dtype=np.uint8), minimum, maximum)
    low = np.float64(minimum)
    scaled = (features.astype(np.float64) - low) / (np.float64(maximum) - low) * levels
    return Quantised(np.rint(scaled).astype(np.uint8), minimum, maximum)


def dequantise(
    codes: NDArray[np.uint8], minimum: np.float32 | float, maximum: np.float32 | float, bits: int = MAX_BITS
) -> NDArray[np.float32]:
    """Return the float32 values, shaped as ``codes``, that they stand for: min + q * (max - min) / (2^bits - 1).

    The result is off by half a step at most, and by the rounding to float32. The first and last code give
    ``minimum`` and ``maximum`` exactly. A lossy codec may overshoot: codes above 2^bits - 1 count as that.

    Raises:
        ConfigError: ``bits`` is not 1 to 8.
    """
    levels = _levels(bits)
    low, high = np.float64(minimum), np.float64(maximum)
    table = low + np.arange(levels + 1, dtype=np.float64) * (high - low) / levels
    table[-1] = high
    values: NDArray[np.float32] = table.astype(np.float32)[np.minimum(codes, levels)]
    return values


def _levels(bits: int) -> int:
    if not 1 <= bits <= MAX_BITS:
        raise ConfigError(f"quantiser bits {bits!r}; expected a whole number from 1 to {MAX_BITS}")
    return int(2**bits - 1)
