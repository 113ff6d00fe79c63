"""Tables: ``base.py`` has what a table declares and the registry, ``plugins/`` one module per table."""
