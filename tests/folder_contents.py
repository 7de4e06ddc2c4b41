"""Compares what commands leave in folders."""


def contents(folder):
    """The bytes of every file in a folder, by its path there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
