"""Files on disk: read with errors that name the place, written whole or not at all, hashed."""
