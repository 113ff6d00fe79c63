"""The command line: stages that Snakemake runs (``pipeline``), and commands for people (``tools``)."""
