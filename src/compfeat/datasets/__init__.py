"""Datasets: how a folder of images and ground truth becomes arrays.

``base.py`` has the base class and the registry, ``plugins/`` one module per dataset. A dataset lists its samples of a split and reads
one of them at its source size; resizing and packing is the same for all and follows from the tasks' truths (``packed.py``).
"""
