"""The page that shows what happened to the data and what came of it."""
