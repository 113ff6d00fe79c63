"""The versions of the packages whose code enters a stage's results."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def versions(*packages: str) -> str:
    """Return ``name version`` of each package, in the order given, separated by commas."""
    return ", ".join(f"{package} {version(package)}" for package in packages)
