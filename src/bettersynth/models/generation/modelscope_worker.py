"""Runs ModelScope's captioning pipeline for the captioner `modelscope`.

It runs under the interpreter of an environment of its own, which holds no bettersynth: only the
standard library, PIL, torch and modelscope are imported here.

One JSON object a line, a question on stdin and its answer on stdout: first {"model", "revision",
"beam_size", "max_new_tokens"} and {"kind"}, then any number of {"prompt", "seed", "images": [PNG in
base64, ...]} and {"captions": [...]}. {"error", "install": true or false} ends it, and so does the
end of stdin, so that it does not outlive the process that started it.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from typing import Any

OFA, MPLUG = "OfaForAllTasks", "MPlugForAllTasks"
SIGNS_OF_A_MISSING_PACKAGE = (
    "No module named",
    "not found in your environment",
    "cannot import name",
)


class CannotGoOn(Exception):
    """What is wrong, and whether the environment lacks something that pip can install."""

    def __init__(self, reason: str, install: bool = False) -> None:
        super().__init__(reason)
        self.install = install


def load(settings: dict[str, Any]) -> Any:
    """Return the pipeline, its beam search set as asked.

    Raises:
        CannotGoOn: ModelScope is not there, or does not load the model.
    """
    try:
        import torch
        from modelscope.pipelines import pipeline
    except ImportError as error:
        missing = error.name or "modelscope"
        raise CannotGoOn(f"cannot import {missing}: {one_line(error)}", install=True) from error
    refuse_code_in_pickles(torch)
    where = {"device": "gpu" if torch.cuda.is_available() else "cpu"}
    if settings["revision"]:
        where["model_revision"] = settings["revision"]
    try:
        captioner = pipeline("image-captioning", model=settings["model"], **where)
    except Exception as error:
        # ModelScope wraps whatever goes wrong in the type it happened in, missing packages too.
        lacks = any(sign in str(error) for sign in SIGNS_OF_A_MISSING_PACKAGE)
        what = settings["model"]
        if not os.path.isdir(what):
            what += ", which is no folder here"
        raise CannotGoOn(f"cannot load {what}: {one_line(error)}", install=lacks) from error
    set_search(captioner, settings)
    return captioner


def refuse_code_in_pickles(torch: Any) -> None:
    """Make `torch.load` read tensors alone: a checkpoint's pickle runs no code."""
    read = torch.load

    def read_weights_only(*given: Any, **named: Any) -> Any:
        return read(*given, **(named | {"weights_only": True}))

    torch.load = read_weights_only


def set_search(captioner: Any, settings: dict[str, Any]) -> None:
    """Set the beam search of a pipeline; 0 leaves what the model says.

    Raises:
        CannotGoOn: it is neither OFA nor mPLUG.
    """
    kind = type(captioner.model).__name__
    if kind == OFA:
        generator, length = captioner.model.generator, "max_len_b"
    elif kind == MPLUG:
        generator, length = captioner.model.model.beam_generator, "max_length"
    else:
        raise CannotGoOn(f"{settings['model']} is a {kind}, neither OFA nor mPLUG")
    if settings["beam_size"]:
        generator.beam_size = settings["beam_size"]
    if settings["max_new_tokens"]:
        setattr(generator, length, settings["max_new_tokens"])


def captions(captioner: Any, prompt: str, seed: int, images: list[str]) -> list[str]:
    """Return one caption a picture, each by beam search.

    OFA's come in one batch, mPLUG's one by one: it answers one of a batch.
    """
    import torch
    from PIL import Image

    ofa = type(captioner.model).__name__ == OFA
    if prompt and not ofa:
        raise CannotGoOn("mPLUG captions take no prompt; leave prompt empty")
    torch.manual_seed(seed)
    pictures = []
    for image in images:
        stream = io.BytesIO(base64.b64decode(image))
        pictures.append(Image.open(stream).convert("RGB"))
    if not ofa:
        return [captioner(picture)["caption"] for picture in pictures]
    model = captioner.preprocessor.preprocess.cfg.model
    # the prompt lies in the pipeline's own settings, which the next call must find unchanged
    own = dict(model)
    if prompt:
        # its tokenizer, GPT-2's, wants the space
        model["prompt"] = " " + prompt.strip()
    answers = captioner(pictures, batch_size=len(pictures))
    model.clear()
    model.update(own)
    texts = [answer["caption"] for answer in answers]
    # each is a list of one, but for a batch of one
    return [text if isinstance(text, str) else text[0] for text in texts]


def one_line(error: Exception) -> str:
    """Return the last line of an error's words: ModelScope puts the cause there."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def main() -> None:
    """Answer questions until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # what the libraries print goes to stderr
    os.dup2(2, 1)

    def answer(**fields: Any) -> None:
        print(json.dumps(fields), file=answers, flush=True)

    try:
        captioner = load(json.loads(sys.stdin.readline()))
        answer(kind=type(captioner.model).__name__)
        for line in sys.stdin:
            answer(captions=captions(captioner, **json.loads(line)))
    except CannotGoOn as error:
        answer(error=str(error), install=error.install)
        sys.exit(1)


if __name__ == "__main__":
    main()
