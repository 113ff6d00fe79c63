"""Tasks: what is asked of the features.

``base.py`` has the base class and the registry, ``plugins/`` one module per task: its truth, decoder, loss, scores, metrics and
pictures. A task's module imports torch inside the functions that need it, so that tables and figures read declarations without it.
"""
