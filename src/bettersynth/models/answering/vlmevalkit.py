"""A model of this project inside VLMEvalKit.

Copy this file to `vlmeval/vlm/bettersynth.py` there, or import it from here. In VLMEvalKit's
`vlmeval/config.py`, with this project's `src/` on PYTHONPATH:

    from vlmeval.vlm.bettersynth import Bettersynth
    folders = {"model_path": "models/finetune/0", "towers": "models/towers"}
    supported_VLM["my-run"] = partial(Bettersynth, **folders)

then `python run.py --data MMBench_DEV_EN TextVQA_VAL --model my-run`. MMBench is asked in LLaVA's
words, as the kit asks it; the other data sets in VLMEvalKit's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

# VLMEvalKit's; it is not installed with this project
from vlmeval.vlm.base import BaseModel

from bettersynth.data.pictures.decoding import decode_image
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import Question, hint_of, prompt
from bettersynth.models.answering.answerer import Answerer
from bettersynth.models.backbones.lite0_towers import Lite0Towers
from bettersynth.settings.predict import PredictSettings


class Bettersynth(BaseModel):
    """A trained folder that answers VLMEvalKit's messages one at a time, greedily.

    The folder is `models/finetune/SEED`, or one of upstream's layout. `towers` is the folder of the
    nano towers, for models that were trained on their cached features; models with their own towers
    do without. One picture a message: of several the first is shown, as upstream does.
    """

    INTERLEAVE = False
    allowed_types = ("text", "image")

    def __init__(
        self,
        model_path: str,
        towers: str | None = None,
        template: str = "gemma",
        max_new_tokens: int = 128,
        precision: str = "float32",
    ) -> None:
        settings = PredictSettings(
            template=template,  # type: ignore[arg-type]
            batch_size=1,
            mmbench_tokens=max_new_tokens,
            textvqa_tokens=max_new_tokens,
            textvqa_ocr_tokens=True,
            precision=precision,  # type: ignore[arg-type]
            threads=1,
        )
        self.answerer = Answerer(Path(model_path), settings)
        self.max_new_tokens = max_new_tokens
        self.towers = None
        if self.answerer.model.vision_tower is None:
            if towers is None:
                raise UserError(
                    f"{model_path} was trained on cached features; name the towers' folder: "
                    "towers='models/towers'"
                )
            self.towers = Lite0Towers.load(towers)

    def use_custom_prompt(self, dataset: str) -> bool:
        """Return whether `build_prompt` words the question: for MMBench only."""
        return dataset is not None and dataset.upper().startswith("MMBENCH")

    def build_prompt(self, line: Mapping[str, Any], dataset: str) -> list[dict[str, str]]:
        """Return the message of one row of MMBench, in LLaVA's words."""
        cells = {}
        for name, value in dict(line).items():
            # an empty cell comes as NaN
            if value is not None and value == value:
                cells[str(name)] = str(value)
        options = {letter: cells[letter] for letter in "ABCD" if letter in cells}
        hint = hint_of(cells.get("hint", ""))
        question = Question(0, cells["question"], hint, options, "", "", "", "none")
        pictures = [{"type": "image", "value": path} for path in self.dump_image(line, dataset)]
        return [*pictures, {"type": "text", "value": prompt(question, "llava")}]

    def generate_inner(
        self,
        message: Sequence[Mapping[str, str]],
        dataset: str | None = None,  # noqa: ARG002
    ) -> str:
        """Return the answer to a message of texts and pictures' paths."""
        text = "\n".join(item["value"] for item in message if item["type"] == "text")
        pictures = [item["value"] for item in message if item["type"] == "image"]
        if pictures:
            self._see(Path(pictures[0]).read_bytes())
        asked = self.answerer.prompt(text, 0 if pictures else None)
        return self.answerer.answers([asked], self.max_new_tokens, "")[0]

    @torch.inference_mode()
    def _see(self, picture: bytes) -> None:
        if self.towers is None:
            self.answerer.see([picture])
            return
        features = self.towers.features([decode_image(picture)])
        model = self.answerer.model
        low = torch.from_numpy(features.low_res).float().to(model.device)  # [1, P*P, C]
        high = torch.from_numpy(features.high_res).float().to(model.device)  # [1, S, S, A]
        self.answerer.pictures = model.image_tokens(low, high)
