"""Finding a recipe: trials as DVC experiments, candidates, the race of the last ones, its page."""
