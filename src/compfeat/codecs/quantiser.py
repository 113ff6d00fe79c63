"""The quantiser: a feature tensor as whole numbers between its minimum and maximum.

Source: docs/explanation/method.md, "Quantiser".

All arithmetic is IEEE double precision, one numpy operation at a time: a float32 converts to it
exactly, and the difference of two cannot overflow, so codes and reconstructions are the same on every machine.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from compfeat.errors import DataError

Codes = NDArray[Any]
"""Quantised features: uint8, or uint16 where codes have more than 8 bits."""
USUAL_BITS = 8
"""Of the quantiser: the paper's, which the uncoded quality QUANTISED has."""


class Quantised(NamedTuple):
    """A quantised feature tensor.

    Attributes:
        codes: C x H x W, 0 to 2^bits - 1; uint8, or uint16 for more than 8 bits.
        minimum: the tensor's least value, coded as 0.
        maximum: the tensor's greatest value, coded as 2^bits - 1.
    """

    codes: Codes
    minimum: np.float32
    maximum: np.float32


def quantise(features: NDArray[np.float32], bits: int = USUAL_BITS, clip: float = 0) -> Quantised:
    """Quantise a float32 tensor C x H x W: q = round((f - min) / (max - min) * (2^bits - 1)), one min and max for all.

    Ties round to even (numpy.rint). A constant tensor gets code 0 throughout. ``clip`` is the share of the elements that are left
    out at either end when min and max are taken, rounded down to whole elements; they count as min or max then.

    Raises:
        DataError: the tensor is empty, not float32, or has a value that is not finite.
    """
    levels, kind = 2**bits - 1, sample_type(bits)
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
    if clip:
        ordered = np.sort(features, axis=None)
        beyond = int(clip * ordered.size)
        minimum, maximum = ordered[beyond] + np.float32(0), ordered[-1 - beyond] + np.float32(0)
    if minimum == maximum:
        return Quantised(np.zeros(features.shape, dtype=kind), minimum, maximum)
    low, high = np.float64(minimum), np.float64(maximum)
    scaled = (features.astype(np.float64).clip(low, high) - low) / (high - low) * levels
    return Quantised(np.rint(scaled).astype(kind), minimum, maximum)


def dequantise(
    codes: Codes, minimum: np.float32 | float, maximum: np.float32 | float, bits: int = USUAL_BITS
) -> NDArray[np.float32]:
    """Return the float32 values, shaped as ``codes``, that they stand for: min + q * (max - min) / (2^bits - 1).

    The result is off by half a step at most, and by the rounding to float32. The first and last code give
    ``minimum`` and ``maximum`` exactly. A lossy codec may overshoot: codes above 2^bits - 1 count as that.
    """
    levels = 2**bits - 1
    low, high = np.float64(minimum), np.float64(maximum)
    table = low + np.arange(levels + 1, dtype=np.float64) * (high - low) / levels
    table[-1] = high
    values: NDArray[np.float32] = table.astype(np.float32)[np.minimum(codes, levels)]
    return values


def sample_type(bits: int) -> type[np.uint8] | type[np.uint16]:
    """Return the type of numbers of ``bits`` bits."""
    return np.uint8 if bits <= 8 else np.uint16
