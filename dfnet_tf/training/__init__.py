"""Training: loop, schedule, checkpoints, summaries and the sources of labels."""
