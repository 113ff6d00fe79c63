"""Results: what a run found, as tables (``tables/``, one module a table), and the computations that they share."""
