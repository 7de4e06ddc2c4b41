"""Depth of a film from its own geometry: flow to neighbouring frames, motion, triangulation."""
