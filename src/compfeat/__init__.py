"""Multi-task networks with compressible features: a library for one paper's whole pipeline."""

__version__ = "0.1.0"
