"""Reading a configuration: a base file and overlays on it, merged as Snakemake merges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from compfeat.errors import ConfigError


def load_config(paths: Sequence[Path]) -> dict[str, Any]:
    """Return the configuration of a base file and overlays on it: mappings key by key, all else replaced whole.

    Raises:
        ConfigError: a file is missing or is no mapping in YAML.
    """
    config: dict[str, Any] = {}
    for path in paths:
        try:
            overlay = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise ConfigError(f"{path}: not found; expected a configuration such as config/config.yaml") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: not YAML ({' '.join(str(error).split())}); correct it") from None
        if not isinstance(overlay, dict):
            raise ConfigError(f"{path}: found {type(overlay).__name__}; expected a mapping from keys to values")
        config = merged(config, overlay)
    return config


def merged(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``overlay`` on top: mappings key by key, all else replaced whole."""
    result = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result


ENTRIES = ("cuts", "trainings", "methods", "codecs", "ladders", "records", "claims")
"""Mappings whose entries an overlay can remove, by null."""


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


def without_removed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a merged configuration without the entries that an overlay removed by giving null for them."""
    result = dict(config)
    for section in ENTRIES:
        if isinstance(result.get(section), Mapping):
            result[section] = {name: entry for name, entry in result[section].items() if entry is not None}
    return result
