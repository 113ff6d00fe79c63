"""Reading a configuration: a base file and overlays on it, merged as Snakemake merges them."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from compfeat.errors import ConfigError


def load_config(paths: Sequence[Path]) -> dict[str, Any]:
    """Return the configuration of a base file and overlays on it: mappings key by key, all else replaced whole.

    Raises:
        ConfigError: a file is missing, is no mapping in YAML or JSON, or has a key twice.
    """
    return reduce(merged, map(read_mapping, paths), {})


def read_mapping(path: Path) -> dict[str, Any]:
    """Return the mapping that a file in YAML or JSON has.

    Raises:
        ConfigError: the file is missing, is no such mapping, or one of its mappings, at any level, has a key twice.
    """
    try:
        mapping, repeated = parsed(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: not found; expected a configuration such as config/config.yaml") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); expected a configuration") from None
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        what = " ".join(f"{error.context or ''} {error.problem or ''}".split())
        raise ConfigError(f"{path}{line}: not YAML ({what}); correct it") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not YAML ({' '.join(str(error).split())}); correct it") from None
    for key, first, again in repeated:
        raise ConfigError(f"{path}:{again}: key {key!r} is already given in line {first}; merge the two, or remove one")
    if not isinstance(mapping, dict):
        raise ConfigError(f"{path}: found {type(mapping).__name__}; expected a mapping from keys to values")
    return mapping


def parsed(text: str) -> tuple[Any, list[tuple[str, int, int]]]:
    """Return what a text says, in JSON or else in YAML as Snakemake takes it, and its ``repeated_keys``.

    Raises:
        yaml.YAMLError: it is neither.
        ValueError: it has a number or date that there is not.
    """
    try:
        value, is_json = json.loads(text), True
    except ValueError:
        value, is_json = None, False
    # JSON may be indented by tabs, YAML may not.
    loader = yaml.SafeLoader(text.replace("\t", " ") if is_json else text)
    root = loader.get_single_node()
    repeated = [] if root is None else list(repeated_keys(loader, root, (), set()))
    return value if is_json or root is None else loader.construct_document(root), repeated


def repeated_keys(
    loader: yaml.SafeLoader, node: yaml.Node, place: tuple[str, ...], seen: set[int]
) -> Iterator[tuple[str, int, int]]:
    """Yield the keys that a mapping below ``node`` has twice: with dots before it, its first line and its later one.

    A key that overrides one that is merged (``<<``) is not there twice.

    Args:
        place: the keys and positions that lead to ``node``.
        seen: ids of the nodes that were looked at, which aliases repeat; added to.
    """
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from repeated_keys(loader, item, (*place, str(position)), seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[Hashable, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # A list or mapping is no key: that is told when the mapping is made.
            inner, line = (*place, key.value), key.start_mark.line + 1
            name = key.value if key.tag.endswith((":merge", ":value")) else loader.construct_object(key)
            if name in lines:
                yield ".".join(inner), lines[name], line
            lines[name] = line
            yield from repeated_keys(loader, value, inner, seen)


def merged(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``overlay`` on top: mappings key by key, all else replaced whole."""
    result = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result


ENTRIES = ("cuts", "trainings", "methods", "codecs", "ladders", "records", "claims")
"""Mappings whose entries have an order."""


def in_order_of(base: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``config`` with the entries of its sections in the order of ``base``, then those that ``base`` does not have.

    Snakemake puts what an overlay names first; the order of methods and codecs is that of display.
    """
    result = dict(config)
    for section in ENTRIES:
        entries, known = result.get(section), base.get(section)
        if isinstance(entries, Mapping) and isinstance(known, Mapping):
            names = [name for name in known if name in entries] + [name for name in entries if name not in known]
            result[section] = {name: entries[name] for name in names}
    return result
