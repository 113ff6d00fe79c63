"""Stages: the inputs, settings, code and tools of each stage's jobs, for the workflow's rules."""
