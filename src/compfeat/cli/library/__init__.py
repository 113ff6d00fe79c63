"""Commands that code features of any network: the script ``compfeat`` (docs/how-to/use-the-library.md)."""
