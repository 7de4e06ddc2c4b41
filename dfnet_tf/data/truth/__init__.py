"""Readers of ground truth for evaluation: depth, flow and scene flow."""
