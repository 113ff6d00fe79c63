"""The explorer: one HTML file to look at a run's curves, intervals and pictures with, that needs no network."""
