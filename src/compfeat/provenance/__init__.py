"""Provenance: what code, tools and inputs an artifact came from."""
