"""The error of all readers and writers of clips and their parts."""


class ClipError(ValueError):
    """A clip folder, or one of its files, violates the format."""
