"""Sets of runs that answer one question: cheap measures, pools, one rule less."""
