"""Makes training batches from clips."""
