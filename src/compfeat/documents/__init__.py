"""Documents: what a reader gets in the end, made from the summary's tables, the figures and the config of the run."""
