"""What PySpark 3.5.5 made of a few texts: words, numbers of words, and scores by two small models.

The models are Tokenizer, HashingTF (2^18 features, and 64) and LogisticRegression, as Data-Juicer
trains them; the folders are as PySpark saved them.
"""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "fixtures/quality"
SPARK = json.loads((FOLDER / "spark.json").read_text(encoding="utf-8"))
