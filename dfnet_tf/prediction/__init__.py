"""What `predict` makes of a recording: a view of every frame, and the files of them."""
