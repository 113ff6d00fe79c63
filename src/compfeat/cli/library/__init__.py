"""Commands that code features of any network: the script ``compfeat`` (docs/library.md)."""
