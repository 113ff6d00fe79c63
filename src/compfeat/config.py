"""Checking a configuration: against its schema, and for keys that cannot go together."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from compfeat.codecs import CODECS
from compfeat.errors import ConfigError
from compfeat.grid import RENDERED
from compfeat.models.cuts import feature_shape

Config = dict[str, Any]
BASELINE = "baseline"
"""The loss that has no term on the features, and so no strength."""


def check_config(config: Config, schema: Path) -> Config:
    """Return ``config`` where it is valid.

    Raises:
        ConfigError: the first key that is unknown, missing, of the wrong type or range, or at odds with another.
    """
    validator = Draft202012Validator(yaml.safe_load(schema.read_text(encoding="utf-8")))
    for error in sorted(validator.iter_errors(config), key=lambda e: (list(map(str, e.absolute_path)), e.message)):
        raise ConfigError(explain(error))
    for problem in conflicts(config):
        raise ConfigError(problem)
    return config


def load_config(paths: Sequence[Path]) -> Config:
    """Return the configuration of a base file and overlays on it, merged as Snakemake merges them: mappings key by key.

    Raises:
        ConfigError: a file is missing or is no mapping in YAML.
    """
    config: Config = {}
    for path in paths:
        try:
            overlay = yaml.safe_load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(f"{path}: not found; expected a configuration such as config/config.yaml") from None
        except yaml.YAMLError as error:
            raise ConfigError(f"{path}: not YAML ({' '.join(str(error).split())}); mend it") from None
        if not isinstance(overlay, dict):
            raise ConfigError(f"{path}: found {type(overlay).__name__}; expected a mapping from keys to values")
        config = merged(config, overlay)
    return config


def merged(base: Config, overlay: Config) -> Config:
    """Return ``base`` with ``overlay`` on top: mappings key by key, all else replaced whole."""
    result = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def explain(error: ValidationError) -> str:
    """Say in one line which key is wrong, what was found, and what was expected."""
    key = ".".join(str(part) for part in error.absolute_path)
    schema: Any = error.schema
    instance: Any = error.instance
    value: Any = error.validator_value
    if error.validator == "additionalProperties":
        known = list(schema.get("properties", {}))
        unknown = next(name for name in instance if name not in known)
        near = difflib.get_close_matches(str(unknown), known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
        return f"key {'.'.join(filter(None, (key, str(unknown))))!r} is unknown; {hint}"
    if error.validator == "required":
        missing = next(name for name in value if name not in instance)
        return f"key {'.'.join(filter(None, (key, missing)))!r} is missing; see config/README.md"
    expected = schema.get("description", "") or error.message
    return f"key {key!r}: found {instance!r}; expected {rule(error)} ({expected})"


def rule(error: ValidationError) -> str:
    """Say what a failed schema rule asks for."""
    value = error.validator_value
    return {
        "type": f"{' or '.join(value) if isinstance(value, list) else value}",
        "enum": f"one of {', '.join(map(str, value)) if isinstance(value, list) else value}",
        "minimum": f"at least {value}",
        "exclusiveMinimum": f"more than {value}",
        "maximum": f"at most {value}",
        "multipleOf": f"a multiple of {value}",
    }.get(str(error.validator), error.message)


def conflicts(config: Config) -> Iterator[str]:
    """Yield what is wrong with keys that are each valid alone."""
    height, width = config["dataset"]["size"]
    for cut in config["model"]["cuts"]:
        feature_shape(cut, config["model"]["width"], height, width)
    for codec, qualities in config["codecs"].items():
        for quality in qualities:
            CODECS.get(codec).check_quality(quality)
    for ladder, codecs in config["ladders"].items():
        for codec in codecs:
            if codec not in config["codecs"]:
                yield f"key 'ladders.{ladder}': codec {codec!r} is not in 'codecs'; add it there or take it out"
    for loss in config["train"]["losses"]:
        for cut in config["model"]["cuts"] if loss != BASELINE else ():
            if cut not in config["train"]["strength"].get(loss, {}):
                yield f"key 'train.strength.{loss}.{cut}' is missing; give the weight of the loss's term"
    knots = [epoch for epoch, _ in config["train"]["strength_factors"]]
    if knots != sorted(set(knots)):
        found = ", ".join(f"{epoch:g}" for epoch in knots)
        yield f"key 'train.strength_factors': found the epochs {found}; expected each later than the one before"
    for split, count in config["dataset"]["images"].items():
        if count is None and config["dataset"]["name"] in RENDERED:
            yield f"key 'dataset.images.{split}': found null; expected how many scenes to render"
    val = config["dataset"]["images"]["val"]
    late = [i for i in config["showcase"]["images"] if val is not None and i >= val]
    if late:
        yield f"key 'showcase.images': image {late[0]} is beyond the {val} val images; expected 0 to {val - 1}"
    if config["model"]["encoder_weights"] and config["model"]["width"] != 64:
        yield "key 'model.encoder_weights': ImageNet's ResNet-34 has width 64; set model.width to 64 or the file to null"
