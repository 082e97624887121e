"""Writing that is complete or absent, hashing, and rows of jsonl."""
