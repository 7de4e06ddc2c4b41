"""The training loop: schedule, checkpoints, summaries."""
