"""Many machines: resources, clusters, object storage, large graphs, failures."""
