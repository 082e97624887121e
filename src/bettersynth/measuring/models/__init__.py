"""Helpers of operators that ask a model."""
