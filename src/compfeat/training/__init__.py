"""Training: the objective, the schedule, the loop, and checkpoints that resume bit for bit."""
