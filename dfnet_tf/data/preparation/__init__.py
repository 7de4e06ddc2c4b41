"""Makes clips from recordings: framing, still frames and cuts, resumable work."""
