"""One file per `bettersynth VERB`."""
