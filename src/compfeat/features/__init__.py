"""From feature tensors to tiled 8-bit images and back."""
