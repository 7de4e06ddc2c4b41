"""Rendered worlds: their shapes, materials, light and camera, and what stands in them."""
