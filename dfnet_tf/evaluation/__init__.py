"""The field's metrics and evaluation protocols, on NumPy arrays."""
