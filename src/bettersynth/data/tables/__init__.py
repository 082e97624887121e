"""One module per table: its path, its schema, reading and writing."""
