"""From clips to training batches."""
