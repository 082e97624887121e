"""Stage 2's instruction data."""
