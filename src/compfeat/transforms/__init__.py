"""Transforms: what a method does to features before they are coded, and undoes after the decoder.

``base.py`` has the base class and the registry, ``plugins/`` one module per transform.
"""
