"""Conversion of the trained networks to quantized LiteRT (TFLite) models."""
