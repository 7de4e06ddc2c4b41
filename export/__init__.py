"""Conversion of the trained networks to quantized LiteRT (TFLite) models."""

NETWORKS = ("depth", "flow")
QUANTIZATIONS = ("float32", "float16", "dynamic", "int8", "int8_weights")
INPUTS = ("float32", "uint8")  # What pictures a model takes: in [0, 1], or in [0, 255].
