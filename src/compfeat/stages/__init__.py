"""Stages: one module a stage, each reading and writing files and nothing else."""
