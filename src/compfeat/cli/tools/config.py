"""Print a configuration, or one value of it, with its overlays merged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from compfeat.errors import ConfigError
from compfeat.experiment import documentation
from compfeat.experiment.files import load_config


def config(*, config: list[Path] = [], get: str = "", schema: bool = False, readme: Path | None = None) -> None:  # noqa: B006
    """Print a configuration, or one value of it, with its overlays merged.

    For example: python -m compfeat config --config config/config.yaml config/smoke.yaml --get dataset.root

    Args:
        config: the base configuration and its overlays.
        get: a key, dots between its parts; the whole configuration where not given.
        schema: print the JSON schema of configurations instead.
        readme: print this file with its table of keys as the model has it instead.

    Raises:
        ConfigError: a configuration is missing or is no YAML, or has no such key.
    """
    if schema:
        print(json.dumps(documentation.schema(), indent=2, ensure_ascii=False))
        return
    if readme is not None:
        print(documentation.with_table(readme.read_text(encoding="utf-8")), end="")
        return
    value: Any = load_config(config)
    for part in get.split(".") if get else ():
        if not isinstance(value, Mapping) or part not in value:
            known = f"; expected one of {', '.join(map(str, value))}" if isinstance(value, Mapping) else ""
            raise ConfigError(f"--get {get}: no key {part!r}{known}")
        value = value[part]
    if isinstance(value, (Mapping, list)):
        print(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), end="")
    else:
        print(value if isinstance(value, str) else json.dumps(value))
