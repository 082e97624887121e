"""What a run prints: a line a stage, a bar for the one that runs; all else goes to log files."""
