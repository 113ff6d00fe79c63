"""Results: what a run found, as tables (``tables/``, one module per table), and the computations that they share."""
