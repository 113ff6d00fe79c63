"""What every typed setting is made of, and the names of what an experiment consists of."""
