"""Many machines: what jobs ask for, and whole runs under a scheduler."""
