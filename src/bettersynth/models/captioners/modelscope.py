"""OFA and mPLUG, as ModelScope's image-captioning pipeline runs them.

These models need transformers 4: `modelscope_worker.py` runs in a child process, under an
environment of its own, and is asked line by line.
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
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import parse_json
from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.models.captioners import Request
from bettersynth.models.generation import modelscope_worker
from bettersynth.models.weights.identity import hash_of_model

NOT_DECIDING = ("python", "batch_size")
INSTALL = (
    "python3.11 -m venv .modelscope && .modelscope/bin/pip install -r workflow/envs/modelscope.txt"
)
# for the child to end by itself
END_SECONDS = 5.0


@dataclass(frozen=True)
class Settings:
    """`model` is a folder or ModelScope id, `revision` a version of that id.

    `python` is the interpreter of the environment with modelscope. There is one caption a picture,
    by beam search; `beam_size` and `max_new_tokens` are the model's own where they are 0.
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
                    f"captioner modelscope: {name} is {getattr(self, name)}; "
                    f"it must be {least} or more"
                )


def model_hash(settings: Settings) -> str:
    """Return the hash of the model's files."""
    return hash_of_model(settings.model)


def load(settings: Settings) -> Captioner:
    """Return the captioner, its model loaded in the child process.

    Raises:
        UserError: there is no such model or interpreter, or the child cannot go on.
    """
    return Captioner(settings)


class Captioner:
    """A child process that holds the model; it ends with `close`, or when this process does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        check_model(settings.model)
        if not Path(settings.python).is_file():
            raise UserError(
                f"captioner modelscope: there is no {settings.python} (setting python); "
                f"make that environment: {INSTALL}"
            )
        # a file and not a pipe: a full pipe that nobody reads would stop the worker
        self.stderr = tempfile.TemporaryFile()
        self.worker = subprocess.Popen(
            [settings.python, modelscope_worker.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            encoding="utf-8",
        )
        asked = {
            "model": settings.model,
            "revision": settings.revision,
            "beam_size": settings.beam_size,
            "max_new_tokens": settings.max_new_tokens,
        }
        try:
            self.kind = str(self._ask(asked)["kind"])
        # an interrupt too: the worker would stay behind with its model
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
                "captioner modelscope: ModelScope's pipelines draw no captions, they give the "
                "likeliest; set caption_num to 1"
            )
        by_prompt: dict[str, list[int]] = {}
        for position, request in enumerate(requests):
            by_prompt.setdefault(request.prompt, []).append(position)
        for prompt, positions in sorted(by_prompt.items()):
            for start in range(0, len(positions), self.settings.batch_size):
                batch = positions[start : start + self.settings.batch_size]
                pictures = [as_png(images, requests[position].image) for position in batch]
                answer = self._ask({"prompt": prompt, "seed": seed, "images": pictures})
                captions = [text.strip() for text in answer["captions"]]
                yield dict(zip(batch, captions, strict=True))

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the worker's answer.

        Raises:
            UserError: it says that it cannot go on, or died.
        """
        assert self.worker.stdin and self.worker.stdout
        try:
            print(json.dumps(question), file=self.worker.stdin, flush=True)
        except BrokenPipeError:
            # it died, perhaps after it said why
            pass
        line = self.worker.stdout.readline()
        if not line:
            raise UserError(self._death())
        answer: dict[str, Any] = parse_json(line, "the worker's answer")
        if "error" in answer:
            message = f"captioner modelscope: {answer['error']}"
            if answer["install"]:
                python = self.settings.python
                message += f"; install into the environment of {python}: {INSTALL}"
            raise UserError(message)
        return answer

    def _death(self) -> str:
        """Return what is told of a worker that died: the last line that it wrote to stderr."""
        code = self.worker.wait()
        self.stderr.seek(0)
        written = self.stderr.read().decode(errors="replace").splitlines()
        lines = [line.strip() for line in written if line.strip()]
        last = lines[-1] if lines else "it said nothing"
        return (
            f"captioner modelscope: the worker under {self.settings.python} ended with "
            f"code {code}: {last}; if its packages are at fault, make it anew: {INSTALL}"
        )

    def close(self) -> None:
        """End the child process."""
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
    """Pass if `model` is a folder in ModelScope's format, or may be an id.

    Raises:
        UserError: it is neither.
    """
    folder = Path(model)
    if folder.is_dir():
        if not (folder / "configuration.json").is_file():
            raise UserError(
                f"captioner modelscope: {model} holds no configuration.json; "
                "name a folder of ModelScope's snapshot_download"
            )
    elif not re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", model):
        raise UserError(
            f"captioner modelscope: there is no folder {model} (setting model); "
            "name a folder or an id such as iic/mplug_image-captioning_coco_base_en"
        )


def as_png(images: Images, name: str) -> str:
    """Return a picture as a PNG in base64."""
    stream = io.BytesIO()
    # lossless, and fast rather than small: it only goes through a pipe
    images.picture(name).save(stream, "PNG", compress_level=1)
    return base64.b64encode(stream.getvalue()).decode()
