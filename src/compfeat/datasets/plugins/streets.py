"""Rendered street scenes in the layout and encodings of Cityscapes: the dataset that needs no download."""

from __future__ import annotations

from compfeat.datasets.base import DATASETS
from compfeat.datasets.plugins.cityscapes import Cityscapes


@DATASETS.register("streets")
class Streets(Cityscapes):
    """Rendered scenes; read as Cityscapes is."""

    rendered = True
