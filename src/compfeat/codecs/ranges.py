"""Levels of an image as the bytes of a range coder, and back, by stored laws and whole numbers alone.

Source: docs/explanation/feature-codec.md.

The coder is the library constriction's: 32-bit words, 64-bit state. Probabilities reach it as integer counts, never as a
parametric law, whose last bits would differ between machines.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.contexts import FARTHEST, Contexts, Phase
from compfeat.codecs.laplace_tables import LARGEST, TABLES, TOTAL

GREATEST = 2**31 - 1
"""The greatest magnitude of a level."""
LENGTHS = 32
"""What lies beyond a table's limit, plus 1, is a number of 1 to 32 bits: how many follow the first, and then these."""
WORD, STATE = 32, 64
"""Bits of a word and of the coder's state."""
MAGNITUDES = (np.arange(2 * LARGEST + 1, dtype=np.int32) + 1) // 2
LEVELS = np.where(np.arange(2 * LARGEST + 1) % 2, MAGNITUDES, -MAGNITUDES).astype(np.int64)
"""The levels that symbols stand for: 0, 1, -1, 2, -2 and so on, so that zeros alone are no bytes."""
SHIFTED = np.clip(np.arange(TABLES + 2 * FARTHEST) - FARTHEST, 0, TABLES - 1).astype(np.uint8)
"""Tables 0..TABLES-1 after shifts of -FARTHEST..FARTHEST, by the sum of both and FARTHEST."""


Grouped = tuple[NDArray[np.intp], list[tuple[int, int]], NDArray[np.int32]]
"""The order of elements by table, each table with how many it has, and the elements' limits in that order."""


class LevelCoder:
    """Codes levels (int64, C x h x w), each by a law that depends on its element and on the levels around it.

    Levels are coded phase by phase (see ``Contexts``), those of a phase table by table, so that one call of the library codes all
    that share one; then follows what is beyond the limits. For contexts, what is beyond counts as the limit.
    """

    def __init__(self, index: NDArray[np.int8], laws: NDArray[np.uint16], shifts: NDArray[np.int8]) -> None:
        """Take the table of every level without context, 0..TABLES-1; laws as of ``counted``; the shift at each activity."""
        self.shape, self.contexts = index.shape, Contexts(index)
        self.shifts = np.clip(shifts, -FARTHEST, FARTHEST).astype(np.intp) + FARTHEST
        self.limits = np.count_nonzero(laws, axis=1).astype(np.int32) - 1
        self.models = [
            _categorical(np.r_[law[:1], np.repeat(law[1 : limit + 1], 2)])
            for law, limit in zip(laws, self.limits, strict=True)
        ]
        self.still = self._grouped(self.contexts.phases[-1].tables.astype(np.uint8))

    def encode(self, levels: NDArray[np.int64]) -> bytes:
        """Return levels of -GREATEST..GREATEST as the fewest bytes that decode to them."""
        from constriction import stream

        encoder, known, parts = stream.queue.RangeEncoder(), self.contexts.nothing(), []
        magnitudes, positive = np.abs(levels.ravel()).astype(np.int32), (levels.ravel() > 0).astype(np.int32)
        for phase in self.contexts.phases:
            order, sizes, limits = self._ordered(phase, known)
            elements = phase.elements.take(order)
            found = magnitudes.take(elements)
            inside = np.minimum(found, limits)
            symbols, start = 2 * inside - positive.take(elements), 0
            for table, size in sizes:
                encoder.encode(symbols[start : start + size], self.models[table])
                start += size
            if phase.expected is not None:
                known += np.bincount(phase.places.take(order), inside, len(known))
            parts.append((found, limits))
        found, limits = map(np.concatenate, zip(*parts, strict=True))
        beyond = (found - limits)[found >= limits].astype(np.int64) + 1
        if beyond.size:
            lengths = np.frexp(beyond.astype(np.float64))[1] - 1
            encoder.encode(lengths.astype(np.int32), _lengths())
            encoder.encode(_low_bits(beyond, lengths), _bits())
        return _shortest(encoder)

    def decode(self, data: bytes) -> NDArray[np.int64]:
        """Return the levels of ``data``; other levels, or ValueError, where it is damaged."""
        from constriction import stream

        words = np.frombuffer(data + bytes(-len(data) % 4 + 8), ">u4").astype(np.uint32)
        decoder, known, parts = stream.queue.RangeDecoder(words), self.contexts.nothing(), []
        try:
            for phase in self.contexts.phases:
                order, sizes, limits = self._ordered(phase, known)
                symbols = np.concatenate([decoder.decode(self.models[table], size) for table, size in sizes])
                inside = MAGNITUDES.take(symbols)
                if phase.expected is not None:
                    known += np.bincount(phase.places.take(order), inside, len(known))
                parts.append((phase.elements.take(order), symbols, inside == limits))
            elements, symbols, at_limit = map(np.concatenate, zip(*parts, strict=True))
            found, escaped = LEVELS.take(symbols), np.flatnonzero(at_limit)
            if escaped.size:
                lengths = decoder.decode(_lengths(), escaped.size).astype(np.int64)
                bits = decoder.decode(_bits(), int(lengths.sum()))
                found[escaped] += np.sign(found[escaped]) * (_numbers(bits, lengths) - 1)
        except AssertionError as error:
            raise ValueError(f"the range coder found: {error}") from None
        levels = np.empty_like(found)
        levels[elements] = found
        return levels.reshape(self.shape)

    def _ordered(self, phase: Phase, known: NDArray[np.float64]) -> Grouped:
        """Return a phase's elements by table, given the sums of magnitudes that are known."""
        if phase.expected is None:
            return self.still
        shifts = self.shifts.take(self.contexts.activities(phase.expected, known))
        return self._grouped(SHIFTED.take(shifts.take(phase.places) + phase.tables))

    def _grouped(self, tables: NDArray[np.uint8]) -> Grouped:
        sizes = np.bincount(tables, minlength=TABLES)
        pairs = [(table, size) for table, size in enumerate(sizes.tolist()) if size]
        return tables.argsort(kind="stable"), pairs, self.limits.repeat(sizes)


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
    """Return the numbers whose bits ``_low_bits`` gave; above them is a 1."""
    shifts = np.arange(LENGTHS - 1, -1, -1)
    placed = np.zeros((len(lengths), LENGTHS), np.int64)
    placed[shifts < lengths[:, None]] = bits
    numbers: NDArray[np.int64] = (placed << shifts).sum(axis=1) + (1 << lengths)
    return numbers


def _shortest(encoder: Any) -> bytes:
    """Return the fewest bytes that, with zeros after them, decode to what was encoded.

    The library ends on whole words. Of the numbers in the coder's last interval this takes the one that ends with most zeros; it
    keeps to the side of a carry on which the library's own words lie.
    """
    words: bytes = encoder.get_compressed().astype(">u4").tobytes()
    written, (lower, width) = encoder.pos()
    head, rest = words[: written * WORD // 8], words[written * WORD // 8 :]
    chosen = int.from_bytes(rest[: STATE // 8].ljust(STATE // 8, b"\0"), "big")
    low, high = (lower, min(lower + width, 1 << STATE)) if chosen >= lower else (0, lower + width - (1 << STATE))
    for size in range(STATE // 8 + 1):
        unit = 1 << (STATE - 8 * size)
        shortest = -(-low // unit) * unit
        if shortest < high:
            break
    return (head + shortest.to_bytes(STATE // 8, "big")[:size]).rstrip(b"\0")
