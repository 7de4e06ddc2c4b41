"""The depth, pose and flow networks, in keras.ops and keras.layers only."""
