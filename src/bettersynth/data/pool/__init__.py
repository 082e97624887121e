"""From the pairs of a source to the sample table: stored pictures, splits, planted mismatches."""
