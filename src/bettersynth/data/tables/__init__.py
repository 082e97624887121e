"""One module a table: where it lies, its columns, and the functions that read and write it."""
