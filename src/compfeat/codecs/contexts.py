"""Contexts: what the levels around an element that are decoded already say about its table.

Source: docs/explanation/feature-codec.md.

Elements are coded in phases, from the strongest on: an octave of tables' scales in each, and every other frequency, like the black
fields of a chessboard, one phase later. Before a phase, the magnitudes that are known are summed over channels, each frequency with
its neighbours, and compared with what the tables expect. The arithmetic is that of whole numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from compfeat.codecs.laplace_tables import LARGEST, OFFSET, PER_OCTAVE, TABLES, TOTAL, counted, expected_magnitudes

ACTIVITIES = 256
"""An activity is 0..255: what is known, in parts of what was expected."""
USUAL = 32
"""The activity where as much is known as was expected."""
UNIT = 256
"""Expected magnitudes are in 1 / UNIT."""
REACH = 4
"""How many frequencies away a level still counts; with each one it counts half as much."""
WEAK = 4 << 2 * REACH
"""Added to what is known and to what was expected: 4 levels at the place itself."""
STILL = 8
"""Elements of tables below this are coded last, without context: almost all of their levels are 0."""
STRONG = OFFSET + PER_OCTAVE
"""Elements of tables from this on count as if they were of this one."""
LAST = STRONG
"""The phase of those below STILL."""
FARTHEST = 3 * PER_OCTAVE
"""The greatest shift of a table."""
LONGEST_DENSE = 128
"""Axes up to this have dense matrices, which are faster; the sums are the same."""
EDGES = np.rint(USUAL * 2.0 ** ((np.arange(-12, 12) + 0.5) / 4)).astype(np.int64)
INTERVALS = len(EDGES) + 2
INTERVAL = np.searchsorted(EDGES, np.arange(ACTIVITIES), side="right")
"""Activities of an interval have the same shift: four intervals per octave, USUAL in the middle of one. The last is for none."""


class Phase(NamedTuple):
    """Elements that are coded together.

    Attributes:
        elements: where they are in the flat image, int, n.
        places: frequency of each, in the flat map, int, n.
        tables: of each, without context, int, n.
        expected: at every frequency, what is expected to be known before the phase, in 1 / UNIT, int, h x w; None for the last
            phase, which has no context.
    """

    elements: NDArray[np.intp]
    places: NDArray[np.intp]
    tables: NDArray[np.intp]
    expected: NDArray[np.int64] | None


class Contexts:
    """Phases of an image, and the activities in each."""

    def __init__(self, index: NDArray[np.int8]) -> None:
        """Take the table of every element without context, 0..TABLES-1, C x h x w."""
        self.down, self.across = (_near(size) for size in index.shape[1:])
        rows, columns = np.divmod(np.arange(index[0].size), index.shape[2])
        flat = index.ravel().astype(np.intp)
        places = np.tile(np.arange(rows.size), len(index))
        octave = (STRONG - np.clip(flat, STILL, STRONG)) // PER_OCTAVE
        phase = np.where(flat < STILL, LAST, octave + (rows + columns)[places] % 2)
        known, magnitudes = self.nothing(), expected_magnitudes(UNIT)[flat]
        self.phases = []
        for number in np.unique(phase):
            elements = np.flatnonzero(phase == number)
            expected = self._around(known) + UNIT * WEAK if number < LAST else None
            self.phases.append(Phase(elements, places[elements], flat[elements], expected))
            known += np.bincount(places[elements], magnitudes[elements], len(known))

    def nothing(self) -> NDArray[np.float64]:
        """Return what is known before the first phase: the sum of magnitudes at each frequency."""
        return np.zeros(self.down.shape[0] * self.across.shape[0])

    def activities(self, expected: NDArray[np.int64], known: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the activity at each frequency, 0..ACTIVITIES-1, given a phase's ``expected`` and the sums that are known."""
        parts: NDArray[np.int64] = USUAL * UNIT * (self._around(known) + WEAK) // expected
        return np.minimum(parts, ACTIVITIES - 1)

    def _around(self, sums: NDArray[np.float64]) -> NDArray[np.int64]:
        # Whole numbers below 2^53 are exact in floating point, and so are sums of their products, in whatever order they are added.
        around: NDArray[np.float64] = self.down @ sums.reshape(self.down.shape[0], -1) @ self.across
        return around.ravel().astype(np.int64)


def _near(size: int) -> Any:
    """Return how much a level counts at each distance along an axis, 2^REACH at the place itself, as a size x size matrix."""
    if size > LONGEST_DENSE:
        from scipy import sparse

        weights = [2.0 ** (REACH - abs(offset)) for offset in range(-REACH, REACH + 1)]
        return sparse.diags_array(weights, offsets=range(-REACH, REACH + 1), shape=(size, size), format="csr")
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    return np.where(distance > REACH, 0.0, 2.0 ** (REACH - distance))


def magnitude_counts(contexts: Contexts, levels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the magnitudes of an image by table without context, interval of activity (the last for none), and magnitude.

    Greater magnitudes than LARGEST count as that; the counts are TABLES x INTERVALS x (LARGEST + 1).
    """
    magnitudes, known = np.minimum(np.abs(levels.ravel()), LARGEST), contexts.nothing()
    counts = np.zeros(TABLES * INTERVALS * (LARGEST + 1), np.int64)
    for phase in contexts.phases:
        found, interval = magnitudes[phase.elements], np.array(INTERVALS - 1)
        if phase.expected is not None:
            interval = INTERVAL[contexts.activities(phase.expected, known)][phase.places]
        counts += np.bincount((phase.tables * INTERVALS + interval) * (LARGEST + 1) + found, minlength=len(counts))
        known += np.bincount(phase.places, found, len(known))
    return counts.reshape(TABLES, INTERVALS, LARGEST + 1)


def laws_and_shifts(counts: NDArray[np.int64], rounds: int = 4) -> tuple[NDArray[np.uint16], NDArray[np.int8]]:
    """Return laws (see ``counted``) and the shift of the table at each activity, int8, that code what was counted in few bits.

    Laws and shifts are fitted in turns; without a gain a shift is small.
    """
    tables, shifts = np.arange(TABLES)[:, None], np.zeros(INTERVALS, np.int64)
    candidates = np.array(sorted(range(-FARTHEST, FARTHEST + 1), key=abs))
    for _ in range(rounds):
        bits = np.einsum("iam,tm->ait", counts, _bits(_moved(counts, tables + shifts)))
        moved = np.take_along_axis(bits, np.clip(tables + candidates, 0, TABLES - 1)[None], axis=2)
        shifts[:-1] = candidates[moved.sum(axis=1).argmin(axis=1)][:-1]
    return _moved(counts, tables + shifts), shifts[INTERVAL].astype(np.int8)


def _moved(counts: NDArray[np.int64], tables: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Return the laws where what was seen under a table and at an activity is of one of ``tables``."""
    magnitudes = np.zeros((TABLES, LARGEST + 1), np.int64)
    np.add.at(magnitudes, np.clip(tables, 0, TABLES - 1), counts)
    return counted(magnitudes)


def _bits(laws: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Return the code length (bits) of a magnitude by each law; what is beyond a law's limit takes about as many bits as it has."""
    magnitudes, limits = np.arange(LARGEST + 1), np.count_nonzero(laws, axis=1)[:, None] - 1
    inside = np.take_along_axis(laws, np.minimum(magnitudes, limits), axis=1) / TOTAL
    beyond = np.maximum(magnitudes - limits + 1, 0.5)
    bits: NDArray[np.float64] = (2 * np.log2(beyond) + 1) * (magnitudes >= limits) - np.log2(inside)
    return bits
