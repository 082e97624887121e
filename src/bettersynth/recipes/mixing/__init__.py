"""From decisions to the stage-1 training set."""
