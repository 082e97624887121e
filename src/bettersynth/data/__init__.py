"""Pairs and their tables: sources, pictures, samples, the files on disk. Knows no model."""
