"""Analysis of operating points: Bjontegaard deltas and summary tables."""
