"""Readers of depth, flow and scene flow that predictions are compared with."""
