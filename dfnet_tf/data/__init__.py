"""Clips on disk, the renderer, video reading and the input pipeline."""
