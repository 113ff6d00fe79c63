"""Rendered street scenes in the layout and encodings of Cityscapes: the dataset that needs no download."""

from __future__ import annotations

from compfeat.datasets import DATASETS
from compfeat.datasets.cityscapes import Cityscapes


@DATASETS.register("streets")
class Streets(Cityscapes):
    """Rendered scenes; read as Cityscapes is."""

    rendered = True
