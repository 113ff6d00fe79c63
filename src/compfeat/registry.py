"""Registries: a package of plug-ins, one module each, registered under the module's own name.

A plug-in is found by importing ``compfeat.<package>.<name>`` when it is asked for, so adding one takes a new file
and nothing else, and a stage that uses one plug-in never depends on the code of its siblings.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection
from typing import Generic, TypeVar

from compfeat.errors import ConfigError

T = TypeVar("T")


class Registry(Generic[T]):
    """The plug-ins of one package, by name.

    Modules whose name starts with an underscore are no plug-ins, nor are ``helpers``: the package's modules for other packages.
    """

    def __init__(self, package: str, noun: str, helpers: Collection[str] = ()) -> None:
        self.package = package
        self.noun = noun
        self.helpers = helpers
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that files its target under ``name``, which must be the name of the module it stands in."""

        def add(entry: T) -> T:
            self._entries[name] = entry
            return entry

        return add

    def names(self) -> list[str]:
        """Return the names of all plug-ins in the package, sorted; imports none of them."""
        found = importlib.import_module(self.package).__path__
        names = (module.name for module in pkgutil.iter_modules(found))
        return sorted(name for name in names if not name.startswith("_") and name not in self.helpers)

    def get(self, name: str) -> T:
        """Return the plug-in called ``name``.

        Raises:
            ConfigError: no module of that name in the package, or it registers no plug-in of its name.
        """
        if name not in self._entries:
            if name not in self.names():
                raise ConfigError(
                    f"{self.noun} {name!r} is unknown; expected one of {', '.join(self.names())}; "
                    f"add it as {self.package.replace('.', '/')}/{name}.py"
                )
            importlib.import_module(f"{self.package}.{name}")
            if name not in self._entries:
                raise ConfigError(
                    f"{self.package}.{name}: registers no {self.noun} of its own name; register({name!r}) it"
                )
        return self._entries[name]
