"""File formats: images, films, flow, numbers, point clouds."""
