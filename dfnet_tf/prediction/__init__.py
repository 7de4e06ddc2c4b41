"""Prediction: the views of a recording's frames, and the files that `predict` writes."""
