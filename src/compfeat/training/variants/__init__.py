"""Training variants: the noise on the features, what is done to the images, and what is frozen.

``base.py`` has the base class and the registry, ``plugins/`` one module per variant. Modules of variants import torch inside their
functions only, so that a configuration can be checked without it.
"""
