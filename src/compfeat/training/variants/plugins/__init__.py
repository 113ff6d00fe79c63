"""The training variants: one module each."""
