"""Shared parts of the command-line programs: flags, exit codes, signals, files, progress."""
