"""Metrics and protocols of the field, on NumPy arrays."""
