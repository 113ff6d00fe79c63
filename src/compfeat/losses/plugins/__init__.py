"""The losses: one module each."""
