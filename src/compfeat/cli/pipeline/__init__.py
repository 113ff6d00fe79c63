"""Stages of the pipeline: one module a stage, each reading and writing the files it is given and nothing else."""
