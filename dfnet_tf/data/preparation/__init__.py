"""From recordings to clips: framing, still frames and cuts, resumable work."""
