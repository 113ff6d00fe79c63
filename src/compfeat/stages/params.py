"""Params of jobs: settings and flags, as quoted words of a shell, and the identities of their code."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from pydantic import BaseModel

from compfeat.provenance.code import module_identities

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def settings(**values: Any) -> str:
    """Return a job's settings, as one quoted word of JSON.

    Braces within texts are escaped as JSON does it: Snakemake would take ``{cut}`` for a wildcard.
    """
    text = json.dumps(values, ensure_ascii=False)
    escaped = STRING.sub(lambda found: found[0].replace("{", "\\u007b").replace("}", "\\u007d"), text)
    return shlex.quote(escaped)


def section(model: BaseModel, *without: str) -> dict[str, Any]:
    """Return a part of the experiment as plain values, in the order of its keys."""
    return {key: value for key, value in model.model_dump(mode="json").items() if key not in without}


def flags(**values: Any) -> str:
    """Return command-line flags: lists become several words, None and empty lists are left out, all is quoted."""
    words = []
    for name, value in values.items():
        if value is None or value == []:
            continue
        items = [value] if isinstance(value, str) else value
        words += [f"--{name.replace('_', '-')}", *(shlex.quote(str(item)) for item in items)]
    return " ".join(words)


def code(stage: str, *plugins: str) -> list[str]:
    """Return a text for each module that a stage's code consists of, with its hash; ``plugins`` are modules that it is given by name.

    Each is a param of its own (``*code("train")``), so that a dry run's reason names the module that changed.

    Raises:
        ConfigError: a module cannot be read or parsed.
    """
    identities = module_identities(f"compfeat.cli.pipeline.{stage}", *plugins)
    return [f"code of {name} {identity}" for name, identity in identities.items()]


def plugin_code(stage: str, *plugins: str) -> str:
    """Return what ``plugins``, chosen by wildcards, add to a stage's code. Raises ConfigError as ``code``."""
    return ", ".join(sorted(set(code(stage, *plugins)) - set(code(stage))))
