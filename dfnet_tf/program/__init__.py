"""What the command-line programs share: flags, exit codes, signals, output files, progress."""
