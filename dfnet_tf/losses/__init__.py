"""The loss terms and the objectives that weight them, in keras.ops only."""
