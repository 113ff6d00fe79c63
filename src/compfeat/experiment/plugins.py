"""Finding plug-ins by the names of the configuration, without importing their packages before they are asked for."""

from __future__ import annotations

import importlib
from typing import Any


def registry(package: str, name: str) -> Any:
    """Return the registry ``name`` of the package ``compfeat.{package}.base``.

    Found at run time, because this package stands below those of the plug-ins; their modules are declarations, free of torch.
    """
    return getattr(importlib.import_module(f"compfeat.{package}.base"), name)
