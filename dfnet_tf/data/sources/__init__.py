"""Readers of data sets and films, and the renderer: each yields recordings."""
