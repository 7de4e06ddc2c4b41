"""Conversion of the trained networks to quantized LiteRT (TFLite) models."""

NETWORKS = ("depth", "flow")
QUANTIZATIONS = ("float32", "float16", "dynamic", "int8")
