"""HEVC with a decoder that restores features, as a receiver can that knows the quality.

Source: docs/method.md, "Ablations of packing, range and receiver".
"""

from __future__ import annotations

from typing import ClassVar

from compfeat.codecs import CODECS
from compfeat.codecs._restored import Restored
from compfeat.codecs.hevc import Hevc
from compfeat.experiment.runs import Sends


@CODECS.register("hevc_restored")
class HevcRestored(Restored, Hevc):
    """``hevc``'s streams and qualities; decoded features go through a linear map that is fitted at each quality."""

    sends: ClassVar[frozenset[Sends]] = frozenset({"features"})
    plain = Hevc
