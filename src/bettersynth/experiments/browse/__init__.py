"""`bettersynth browse`: looking at the pairs of an experiment on a page of this machine."""
