"""Levels of an image as the bytes of a range coder, and back, by stored tables alone.

Source: docs/method.md, "Beyond the paper: a codec for features".

The coder is the library constriction's: 32-bit words, 64-bit state. Probabilities reach it as integer counts, never as a
parametric law, whose last bits would differ between machines.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.laplace_tables import TABLES, TOTAL, tables

GREATEST = 2**31 - 1
"""The greatest magnitude of a level."""
LENGTHS = 32
"""What lies beyond a table's limit, plus 1, is a number of 1 to 32 bits: how many follow the first, and then these."""
WORD, STATE = 32, 64
"""Bits of a word and of the coder's state."""


class LevelCoder:
    """Codes levels (int64, any shape) of which each has its own table, given once for all images.

    Symbols are coded table by table, so that one call of the library codes all that share one; then what is beyond the limits.
    """

    def __init__(self, index: NDArray[np.int8]) -> None:
        """Take the table of every level, 0..TABLES-1, in the levels' shape."""
        flat = index.ravel()
        self.shape = index.shape
        self.order = np.argsort(flat, kind="stable")
        edges = np.searchsorted(flat[self.order], np.arange(TABLES + 1))
        self.groups = [(table, *edges[table : table + 2].tolist()) for table in np.unique(flat).tolist()]
        self.limits = np.array([table.limit for table in tables()])[flat[self.order]]

    def encode(self, levels: NDArray[np.int64]) -> bytes:
        """Return levels of -GREATEST..GREATEST as the fewest bytes that decode to them."""
        from constriction import stream

        encoder = stream.queue.RangeEncoder()
        ordered = levels.ravel()[self.order]
        clipped = np.clip(ordered, -self.limits, self.limits)
        symbols = (2 * np.abs(clipped) - (clipped > 0)).astype(np.int32)  # 0, 1, -1, 2, -2: zeros alone are no bytes
        for table, start, end in self.groups:
            encoder.encode(symbols[start:end], _model(table))
        beyond = np.abs(ordered) - self.limits + 1
        beyond = beyond[beyond > 0]
        if beyond.size:
            lengths = np.frexp(beyond.astype(np.float64))[1] - 1
            encoder.encode(lengths.astype(np.int32), _lengths())
            encoder.encode(_low_bits(beyond, lengths), _bits())
        return _shortest(encoder)

    def decode(self, data: bytes) -> NDArray[np.int64]:
        """Return the levels of ``data``; other levels, or ValueError, where it is damaged."""
        from constriction import stream

        words = np.frombuffer(data + bytes(-len(data) % 4 + 8), ">u4").astype(np.uint32)
        decoder = stream.queue.RangeDecoder(words)
        ordered = np.empty(len(self.order), np.int64)
        try:
            for table, start, end in self.groups:
                ordered[start:end] = decoder.decode(_model(table), end - start)
            ordered = np.where(ordered % 2, ordered + 1, -ordered) // 2
            escaped = np.flatnonzero(np.abs(ordered) == self.limits)
            if escaped.size:
                lengths = decoder.decode(_lengths(), escaped.size).astype(np.int64)
                bits = decoder.decode(_bits(), int(lengths.sum()))
                ordered[escaped] += np.sign(ordered[escaped]) * (_numbers(bits, lengths) - 1)
        except AssertionError as error:
            raise ValueError(f"the range coder found: {error}") from None
        levels = np.empty_like(ordered)
        levels[self.order] = ordered
        return levels.reshape(self.shape)


@cache
def _model(table: int) -> Any:
    return _categorical(tables()[table].counts)


def length_counts() -> NDArray[np.int64]:
    """Return the counts of how many bits follow the first of a number beyond a limit: half of all have none, a quarter one, ..."""
    counts: NDArray[np.int64] = np.maximum(TOTAL // 2 >> np.arange(LENGTHS), 1)
    counts[0] -= counts.sum() - TOTAL
    return counts


@cache
def _lengths() -> Any:
    return _categorical(length_counts())


@cache
def _bits() -> Any:
    return _categorical(np.full(2, TOTAL // 2))


def _categorical(counts: NDArray[Any]) -> Any:
    from constriction import stream

    # Whole numbers over a power of two are exact, and the library's sums and products of them are, too.
    return stream.model.Categorical(counts / TOTAL, perfect=False)


def _low_bits(numbers: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the last ``lengths`` bits of each number, most significant first, one after the other."""
    shifts = np.arange(LENGTHS - 1, -1, -1)
    bits = numbers[:, None] >> shifts & 1
    low: NDArray[np.int32] = bits[shifts < lengths[:, None]].astype(np.int32)
    return low


def _numbers(bits: NDArray[np.int32], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of which ``_low_bits`` gave the bits; above them is a 1."""
    shifts = np.arange(LENGTHS - 1, -1, -1)
    placed = np.zeros((len(lengths), LENGTHS), np.int64)
    placed[shifts < lengths[:, None]] = bits
    numbers: NDArray[np.int64] = (placed << shifts).sum(axis=1) + (1 << lengths)
    return numbers


def _shortest(encoder: Any) -> bytes:
    """Return the fewest bytes that, with zeros behind them, decode to what was encoded.

    The library ends on whole words. Of the numbers in the coder's last interval this takes the one that ends with most zeros; it
    keeps to the side of a carry on which the library's own words lie.
    """
    words = [int(word) for word in encoder.get_compressed()]
    written, (lower, width) = encoder.pos()
    chosen = _window(words, written)
    low, high = (lower, min(lower + width, 1 << STATE)) if chosen >= lower else (0, lower + width - (1 << STATE))
    for size in range(STATE // 8 + 1):
        unit = 1 << (STATE - 8 * size)
        shortest = -(-low // unit) * unit
        if shortest < high:
            break
    head = np.array(words[:written], ">u4").tobytes()
    return (head + shortest.to_bytes(STATE // 8, "big")[:size]).rstrip(b"\0")


def _window(words: list[int], at: int) -> int:
    """Return the state's bits from word ``at`` on; words that are not there are zeros."""
    first, second = [*words[at : at + 2], 0, 0][:2]
    return first << WORD | second
