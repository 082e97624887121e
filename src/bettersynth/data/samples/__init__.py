"""Data-Juicer's text form of a pair, and a batch of samples as operators see it."""
