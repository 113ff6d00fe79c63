"""Networks: an encoder that ends at a cut.

``base.py`` has the base class and the registry, ``plugins/`` one module per network, which declares where it can be cut. What follows
from a cut is the same for all: the training noise, and one decoder per task whose depth follows from the stride (``split.py``).
Modules of networks import torch inside their functions only.
"""
