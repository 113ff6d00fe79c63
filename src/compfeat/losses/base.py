"""The base class of what losses declare, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from compfeat.registry import Registry
from compfeat.settings.section import OptionsT, WithOptions
from compfeat.tasks.base import Task

if TYPE_CHECKING:
    from compfeat.losses.loss import Loss as Loss


class LossSpec(WithOptions[OptionsT], ABC):
    """What a loss's module registers: its options, and how they become a loss."""

    @staticmethod
    @abstractmethod
    def build(options: OptionsT, cut: str, tasks: Sequence[Task]) -> Loss:
        """Return the loss for a network that is cut at ``cut`` (the configuration's name) and trained on ``tasks``."""

    @staticmethod
    def problem(options: OptionsT, cut: str) -> str | None:
        """Return in one line why ``options`` cannot be used at ``cut``, or None if they can."""
        return None


LOSSES: Registry[type[LossSpec[Any]]] = Registry("compfeat.losses.plugins", "loss", LossSpec)
