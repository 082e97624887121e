"""One file per source of pairs."""
