"""Intervals and paired tests over training seeds and items."""
