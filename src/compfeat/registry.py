"""Registries: plug-ins by name, one module each, registered under the module's own name.

A plug-in is a module of ``compfeat.KIND.plugins``, or of an installed package that names it as an entry point of the group
``compfeat.KIND``. It is imported when it is asked for, so adding one takes a new file and nothing else, and a stage that uses one
plug-in never depends on the code of its siblings.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, TypeVar

from compfeat.errors import CompfeatError, ConfigError

T = TypeVar("T")
installed = cache(entry_points)
"""The entry points of all installed packages; reading them takes 15 ms."""


class Registry(Generic[T]):
    """The plug-ins of one kind, by name. Classes derive from ``base`` and give a value to all that it declares but their ``name``.

    ``package`` is that of the project's own plug-ins; ``group`` has the entry points of others.
    """

    def __init__(self, package: str, noun: str, base: type | None = None) -> None:
        self.package = package
        self.group = package.removesuffix(".plugins")
        self.noun = noun
        self.base = base
        self._found: dict[str, str] = {}
        self._entries: dict[str, T] = {}
        self._registered_by: dict[str, dict[str, Any] | None] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that files its target under ``name``, which must be the name of the module it stands in.

        A class gets it as its ``name``. The decorator raises ConfigError where the name is another one, or the target cannot be used.
        """

        def add(entry: T) -> T:
            importing, module = self._importing()
            for problem in self._problems(name, entry, importing, module):
                raise ConfigError(f"{self.package}: {self.noun} {name!r} {problem}")
            if isinstance(entry, type):
                entry.name = name  # type: ignore[attr-defined]
            self._entries[name], self._registered_by[name] = entry, module
            return entry

        return add

    def _importing(self) -> tuple[str | None, dict[str, Any] | None]:
        """Return name and namespace of the plug-in that is being imported; None where another module registers."""
        modules = {module: name for name, modules in self._modules().items() for module in modules}
        frame = inspect.currentframe()
        while frame is not None:
            parts = frame.f_globals.get("__name__", "").split(".")
            for module in (".".join(parts[:i]) for i in range(1, len(parts) + 1)):
                if module in modules:
                    return modules[module], frame.f_globals
            frame = frame.f_back
        return None, None

    def _problems(
        self, name: str, entry: Any, importing: str | None, module: Mapping[str, Any] | None
    ) -> Iterator[str]:
        """Yield why ``entry``, registered while the plug-in ``importing`` is imported, cannot be the plug-in ``name``."""
        if module is not None:
            if importing != name:
                yield f"is registered by the module {importing}; expected a module's own name: register({importing!r})"
            if self._registered_by.get(name) is module:
                yield "is registered twice; expected one per module"
        if (given := getattr(entry, "__dict__", {}).get("name", name)) != name:
            yield f"has the name {given!r}; expected that of its module"
        if self.base is None:
            return
        if not (isinstance(entry, type) and issubclass(entry, self.base)):
            yield f"is no {self.base.__name__}; derive it from that class"
        elif lacking := missing(entry, self.base):
            yield f"lacks {', '.join(lacking)}; expected what {self.base.__name__} declares"

    def names(self) -> list[str]:
        """Return the names of all plug-ins, sorted; imports none of them."""
        return sorted(self._modules())

    def module(self, name: str) -> str:
        """Return the module of the plug-in called ``name``; imports nothing.

        Raises:
            ConfigError: there is none of that name, or several.
        """
        if name in self._found:  # a dry run asks for every job
            return self._found[name]
        modules = self._modules().get(name)
        if modules is None:
            raise ConfigError(
                f"{self.noun} {name!r} is unknown; expected one of {', '.join(self.names())}; "
                f"add it as {self.package.replace('.', '/')}/{name}.py"
            )
        if len(modules) > 1:
            raise ConfigError(f"{self.noun} {name!r} is {' and '.join(modules)}; rename or uninstall all but one")
        self._found[name] = modules[0]
        return modules[0]

    def _modules(self) -> dict[str, list[str]]:
        """Return the modules of the plug-ins by name: more than one where packages name theirs alike."""
        own = pkgutil.iter_modules(importlib.import_module(self.package).__path__)
        modules = {module.name: [f"{self.package}.{module.name}"] for module in own if module.name.isidentifier()}
        for entry in sorted(installed().select(group=self.group)):
            modules.setdefault(entry.name, []).append(entry.module)
        return modules

    def get(self, name: str) -> T:
        """Return the plug-in called ``name``.

        Raises:
            ConfigError: there is no module of that name, or several, it cannot be imported, or it registers no plug-in of its name.
        """
        if name not in self._entries:
            module = self.module(name)
            self._import(name, module)
            if name not in self._entries:
                raise ConfigError(f"{module}: registers no {self.noun} of its own name; register({name!r}) it")
        return self._entries[name]

    def _import(self, name: str, module: str) -> None:
        """Import a plug-in's module. Raises ConfigError if it cannot be imported."""
        try:
            importlib.import_module(module)
        except (Exception, SystemExit) as error:
            self._entries.pop(name, None)  # what it registered before it failed
            if isinstance(error, CompfeatError):
                raise
            place, cause = explained(error, module)
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


def explained(error: BaseException, module: str) -> tuple[str, str]:
    """Return where the import of a plug-in's module failed (file:line; the module where that is not known), and why, in one line."""
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}", f"{kind}: {error.msg}"
    folders = [folder for package in (__package__, module.partition(".")[0]) for folder in package_folders(package)]
    places = [
        f"{frame.filename}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and any(Path(frame.filename).is_relative_to(folder) for folder in folders)
    ]
    return (places or [module])[-1], f"{kind}: {error}".partition("\n")[0]


def package_folders(package: str) -> list[str]:
    """Return the folders of a top-level package, the file of a top-level module; none where it is not installed."""
    spec = find_spec(package)
    if spec is None:
        return []
    return list(spec.submodule_search_locations or [spec.origin or ""])
