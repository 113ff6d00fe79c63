"""Stages: what the jobs of each stage read, what they are told, and which code and tools they use. The workflow's rules ask here."""
