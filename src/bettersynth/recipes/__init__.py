"""A recipe: its lines, its engine, its decisions, what it makes of the data."""
