"""Finding, comparing and explaining what experiments left."""
