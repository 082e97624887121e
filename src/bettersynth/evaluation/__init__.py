"""Benchmarks, scores and their statistics."""
