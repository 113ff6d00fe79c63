"""What a comparison is called, wherever it is shown."""

from __future__ import annotations

from collections.abc import Mapping

from compfeat.experiment.runs import Comparison


def ladder_label(comparison: Comparison, ladders: Mapping[str, str]) -> str:
    """Return the label of a comparison's ladder; of two, ``TESTED against ANCHOR``.

    Args:
        comparison: the comparison.
        ladders: labels by name; a name that is not among them stands for itself.
    """
    tested, anchor = (ladders.get(name, name) for name in (comparison.ladder, comparison.against_ladder))
    return tested if comparison.ladder == comparison.against_ladder else f"{tested} against {anchor}"


def comparison_label(comparison: Comparison, methods: Mapping[str, str], ladders: Mapping[str, str]) -> str:
    """Return ``METHOD against METHOD``, or of one method on two ladders what differs: ``LADDER against LADDER, METHOD``.

    Args:
        comparison: the comparison.
        methods: labels by name; a name that is not among them stands for itself.
        ladders: the same of ladders.
    """
    tested, anchor = (methods.get(name, name) for name in (comparison.method, comparison.against))
    if comparison.method == comparison.against:
        return f"{ladder_label(comparison, ladders)}, {tested}"
    return f"{tested} against {anchor}"
