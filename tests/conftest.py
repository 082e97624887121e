"""Puts this folder on the path, so that tests in sub-folders can share `small_archives`."""
