"""The error of everything that reads or writes clips and their parts."""


class ClipError(ValueError):
    """A clip folder, or one of its files, that is not what the format says."""
