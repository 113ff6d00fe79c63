"""How a training uses the C library's memory."""

from __future__ import annotations

import ctypes

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
"""Numbers of mallopt's parameters (glibc, malloc.h)."""
KEPT_BYTES = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let freed memory stay with the process; return whether the C library can.

    Every step allocates and frees the same large arrays. By default glibc gives them back to the system, which then hands out pages
    of zeros again. That costs about 6 % of a step, and makes no difference to any result.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return all(mallopt(*pair) == 1 for pair in ((MMAP_MAX, 0), (TRIM_THRESHOLD, KEPT_BYTES), (TOP_PAD, 2**26)))
