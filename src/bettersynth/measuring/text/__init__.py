"""Helpers of operators that read words."""
