"""Helpers of operators that read pixels."""
