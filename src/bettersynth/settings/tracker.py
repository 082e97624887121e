"""Where a study's trials are logged beside DVC: `tracker` in conf/search and conf/pools."""

from __future__ import annotations

from typing import Literal

# "": nowhere
Tracker = Literal["", "mlflow", "wandb"]
