"""Puts the folder with the operators' fixtures helper on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "operators"))
