"""The renderer of street scenes: each is drawn up, furnished, painted and photographed from its seed and number alone."""
