"""Running a recipe over rows."""
