"""The experiment as data: the whole configuration, and where the files that it asks for lie."""
