"""The models that are trained: DFNet and its two students."""
