"""The loss terms and the objective that weighs them, in keras.ops alone."""
