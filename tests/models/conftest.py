"""Makes the package ready before any test file imports a model of transformers."""

import bettersynth.models.architecture  # noqa: F401
