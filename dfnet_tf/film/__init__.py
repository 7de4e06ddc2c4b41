"""What a film says of its own depth: flow to many neighbours, motion, triangulation."""
