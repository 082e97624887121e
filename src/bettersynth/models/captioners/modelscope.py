"""OFA and mPLUG, as ModelScope's image-captioning pipeline runs them: in a child process with an environment of its own.

These models need transformers 4; `modelscope_worker.py` runs beside it and is asked line by line.
"""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.models.captioners import Request
from bettersynth.models.generation import modelscope_worker
from bettersynth.models.weights.identity import hash_of_model

NOT_DECIDING = ("python", "batch_size")
INSTALL = (
    "python3.11 -m venv .modelscope && .modelscope/bin/pip install -r workflow/envs/modelscope.txt"
)
END_SECONDS = 5.0


@dataclass(frozen=True)
class Settings:
    """`model` is a folder or ModelScope id, `revision` a version of that id, `python` the interpreter of the environment with modelscope.

    There is one caption a picture, by beam search; `beam_size` and `max_new_tokens` are the model's own where they are 0.
    """

    model: str
    revision: str = ""
    python: str = ".modelscope/bin/python"
    beam_size: int = 0
    max_new_tokens: int = 0
    batch_size: int = 8

    def __post_init__(self) -> None:
        for name, least in (("batch_size", 1), ("beam_size", 0), ("max_new_tokens", 0)):
            if getattr(self, name) < least:
                raise UserError(
                    f"captioner modelscope: {name} is {getattr(self, name)}; it must be {least} or more"
                )


def model_hash(settings: Settings) -> str:
    return hash_of_model(settings.model)


def load(settings: Settings) -> Captioner:
    return Captioner(settings)


class Captioner:
    """A child process that holds the model; it ends with `close`, or when this process does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        check_model(settings.model)
        if not Path(settings.python).is_file():
            raise UserError(
                f"captioner modelscope: there is no {settings.python} (setting python); make that environment: {INSTALL}"
            )
        self.stderr = tempfile.TemporaryFile()
        self.worker = subprocess.Popen(
            [settings.python, modelscope_worker.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            encoding="utf-8",
        )
        asked = {
            name: getattr(settings, name)
            for name in ("model", "revision", "beam_size", "max_new_tokens")
        }
        try:
            self.kind = str(self._ask(asked)["kind"])
        except BaseException:
            self.close()
            raise

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield the captions of `batch_size` pictures at a time, which have one prompt.

        Raises:
            UserError: more than one candidate is asked for, or the worker cannot go on.
        """
        if any(request.candidate for request in requests):
            raise UserError(
                "captioner modelscope: ModelScope's pipelines draw no captions, they give the likeliest; set caption_num to 1"
            )
        by_prompt = sorted(range(len(requests)), key=lambda k: (requests[k].prompt, k))
        for prompt, group in groupby(by_prompt, key=lambda k: requests[k].prompt):
            positions = list(group)
            for start in range(0, len(positions), self.settings.batch_size):
                part = positions[start : start + self.settings.batch_size]
                asked = {
                    "prompt": prompt,
                    "seed": seed,
                    "images": [as_png(images, requests[k].image) for k in part],
                }
                yield dict(
                    zip(part, (text.strip() for text in self._ask(asked)["captions"]), strict=True)
                )

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the worker's answer.

        Raises:
            UserError: it says that it cannot go on, or died.
        """
        assert self.worker.stdin and self.worker.stdout
        try:
            print(json.dumps(question), file=self.worker.stdin, flush=True)
        except BrokenPipeError:
            pass  # it died, perhaps after it said why
        line = self.worker.stdout.readline()
        if not line:
            raise UserError(self._death())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            advice = (
                f"; install into the environment of {self.settings.python}: {INSTALL}"
                if answer["install"]
                else ""
            )
            raise UserError(f"captioner modelscope: {answer['error']}{advice}")
        return answer

    def _death(self) -> str:
        code = self.worker.wait()
        self.stderr.seek(0)
        lines = [
            line.strip()
            for line in self.stderr.read().decode(errors="replace").splitlines()
            if line.strip()
        ]
        last = lines[-1] if lines else "it said nothing"
        python = self.settings.python
        return f"captioner modelscope: the worker under {python} ended with code {code}: {last}; if its packages are at fault, make it anew: {INSTALL}"

    def close(self) -> None:
        assert self.worker.stdin and self.worker.stdout
        try:
            self.worker.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.worker.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.worker.kill()
            self.worker.wait()
        self.worker.stdout.close()
        self.stderr.close()


def check_model(model: str) -> None:
    """Raises:
    UserError: `model` is neither a folder in ModelScope's format nor an id.
    """
    folder = Path(model)
    if folder.is_dir():
        if not (folder / "configuration.json").is_file():
            raise UserError(
                f"captioner modelscope: {model} holds no configuration.json; name a folder of ModelScope's snapshot_download"
            )
    elif not re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", model):
        example = "iic/mplug_image-captioning_coco_base_en"
        raise UserError(
            f"captioner modelscope: there is no folder {model} (setting model); name a folder or an id such as {example}"
        )


def as_png(images: Images, name: str) -> str:
    picture = io.BytesIO()
    images.picture(name).save(picture, "PNG", compress_level=1)
    return base64.b64encode(picture.getvalue()).decode()
