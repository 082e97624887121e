"""Where the parity fixtures are, and the small models that these tests share."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from bettersynth.models.architecture.mini_gemini import MiniGemini

FIXTURES = Path(__file__).parents[1] / "fixtures"
MGM, PREPROCESS = FIXTURES / "mgm", FIXTURES / "preprocess"
CLIP, CONVNEXT = MGM / "towers/openai-clip-tiny", MGM / "towers/openclip-convnext-large-d-320-tiny"
CASES = ("gemma_g1", "gemma_g1_left", "gemma_g2_global", "llama_g1")


def reference_model(case: str, **changes: object) -> MiniGemini:
    return MiniGemini.from_upstream(MGM / case, CLIP, CONVNEXT, **changes)


def reference_values(case: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Inputs and outputs of the reference's own code."""
    inputs = load_file(MGM / case / "inputs.safetensors")
    inputs = {
        name: value.long() if name in ("input_ids", "labels") else value
        for name, value in inputs.items()
    }
    return inputs, load_file(MGM / case / "outputs.safetensors")
