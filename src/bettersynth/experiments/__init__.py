"""DVC and Hydra live here and nowhere else: running experiments, reading them back, their pages."""
