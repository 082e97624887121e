"""Rows of samples in files of any format, in and out."""
