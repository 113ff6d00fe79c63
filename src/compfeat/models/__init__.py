"""Networks: an encoder that ends at the cut, a Q-layer, and one decoder a task."""
