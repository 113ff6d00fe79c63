"""Registries: a package of plug-ins, one module each, registered under the module's own name.

A plug-in is found by importing ``compfeat.<package>.<name>`` when it is asked for, so adding one takes a new file
and nothing else, and a stage that uses one plug-in never depends on the code of its siblings.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from compfeat.errors import CompfeatError, ConfigError

T = TypeVar("T")


class Registry(Generic[T]):
    """The plug-ins of one package, by name.

    Modules whose name starts with an underscore are no plug-ins, nor are ``helpers``: the package's modules for other packages.
    Plug-ins that are classes derive from ``base`` and give a value to all that it declares.
    """

    def __init__(self, package: str, noun: str, helpers: Collection[str] = (), base: type | None = None) -> None:
        self.package = package
        self.noun = noun
        self.helpers = helpers
        self.base = base
        self._entries: dict[str, T] = {}
        self._registered_by: dict[str, dict[str, Any] | None] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that files its target under ``name``, which must be the name of the module it stands in.

        The decorator raises ConfigError where it is not, or where the target cannot be used as a plug-in.
        """

        def add(entry: T) -> T:
            module = self._importing()
            for problem in self._problems(name, entry, module):
                raise ConfigError(f"{self.package}: {self.noun} {name!r} {problem}")
            self._entries[name], self._registered_by[name] = entry, module
            return entry

        return add

    def _importing(self) -> dict[str, Any] | None:
        """Return the namespace of the package's module that is being imported; None where another module registers."""
        frame = inspect.currentframe()
        while frame is not None and not frame.f_globals.get("__name__", "").startswith(f"{self.package}."):
            frame = frame.f_back
        return None if frame is None else frame.f_globals

    def _problems(self, name: str, entry: Any, module: Mapping[str, Any] | None) -> Iterator[str]:
        """Yield why ``entry``, of a module's namespace, cannot be the plug-in ``name``."""
        if module is not None:
            own = module["__name__"].removeprefix(f"{self.package}.").partition(".")[0]
            if own != name:
                yield f"is registered by the module {own}; expected a module's own name: register({own!r})"
            if self._registered_by.get(name) is module:
                yield "is registered twice; expected one a module"
        if getattr(entry, "name", name) != name:
            yield f"has the name {entry.name!r}; expected that of its module"
        if self.base is None:
            return
        if not (isinstance(entry, type) and issubclass(entry, self.base)):
            yield f"is no {self.base.__name__}; derive it from that class"
        elif lacking := missing(entry, self.base):
            yield f"lacks {', '.join(lacking)}; expected what {self.base.__name__} declares"

    def names(self) -> list[str]:
        """Return the names of all plug-ins in the package, sorted; imports none of them."""
        found = importlib.import_module(self.package).__path__
        names = (module.name for module in pkgutil.iter_modules(found))
        return sorted(
            name for name in names if name.isidentifier() and not name.startswith("_") and name not in self.helpers
        )

    def get(self, name: str) -> T:
        """Return the plug-in called ``name``.

        Raises:
            ConfigError: no module of that name in the package, it cannot be imported, or it registers no plug-in of its name.
        """
        if name not in self._entries:
            if name not in self.names():
                raise ConfigError(
                    f"{self.noun} {name!r} is unknown; expected one of {', '.join(self.names())}; "
                    f"add it as {self.package.replace('.', '/')}/{name}.py"
                )
            self._import(name)
            if name not in self._entries:
                raise ConfigError(
                    f"{self.package}.{name}: registers no {self.noun} of its own name; register({name!r}) it"
                )
        return self._entries[name]

    def _import(self, name: str) -> None:
        """Import a module of the package. Raises ConfigError where it cannot be imported."""
        try:
            importlib.import_module(f"{self.package}.{name}")
        except (Exception, SystemExit) as error:
            self._entries.pop(name, None)  # what it registered before it failed
            if isinstance(error, CompfeatError):
                raise
            place, cause = explained(error, self.package)
            remedy = "install it, or correct the import" if isinstance(error, ImportError) else "correct it"
            raise ConfigError(f"{place}: {self.noun} {name!r} cannot be imported ({cause}); {remedy}") from None


def missing(entry: type, base: type) -> list[str]:
    """Return the names of what ``entry`` must have by the classes that it is derived from, ``base`` among them, and has not."""
    declared = {
        name for c in entry.__mro__ for name, kind in inspect.get_annotations(c).items() if "ClassVar" in str(kind)
    }
    lacking = {name for name in declared if not hasattr(entry, name)} | getattr(
        entry, "__abstractmethods__", frozenset()
    )
    # The one method that is needed by what it says of itself.
    fits = [inspect.getattr_static(c, "fit", None) for c in (entry, base)]
    if getattr(entry, "fitted", False) and fits[0] is fits[1]:
        lacking |= {"fit"}
    return sorted(lacking)


def explained(error: BaseException, package: str) -> tuple[str, str]:
    """Return where in ``package`` an import failed (file:line; the package where that is not known), and why, in one line."""
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}", f"{kind}: {error.msg}"
    sources = importlib.import_module(package.partition(".")[0]).__path__[0]
    frames = traceback.extract_tb(error.__traceback__)
    places = [
        f"{frame.filename}:{frame.lineno}"
        for frame in frames
        if frame.filename != __file__ and Path(frame.filename).is_relative_to(sources)
    ]
    return (places or [package])[-1], f"{kind}: {error}".partition("\n")[0]
