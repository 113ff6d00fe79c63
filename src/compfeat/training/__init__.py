"""Training: what a step sees, how the network and the loss are optimised, and checkpoints that lose nothing but time."""
