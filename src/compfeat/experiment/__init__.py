"""The experiment as data: the configuration, the runs and points that it asks for, and where their files lie."""
