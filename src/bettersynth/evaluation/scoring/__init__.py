"""From raw answers to scores by every protocol."""
