"""Task metrics, kept per image: confusion matrices and squared errors, and what is derived from them."""
