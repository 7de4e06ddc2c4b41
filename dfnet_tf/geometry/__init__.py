"""Cameras, rigid motion, optical flow, sampling and visibility, in keras.ops only."""
