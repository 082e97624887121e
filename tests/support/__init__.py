"""Small pools, archives, runs and stand-ins that several test files share."""
