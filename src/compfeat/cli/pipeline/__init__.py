"""Stages of the pipeline: one module per stage, each reading and writing the files it is given and nothing else."""
