"""image_blur_mapper: Data-Juicer 1.6.1's pixels, and a draw that can be repeated."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.small_run import FIXTURES, dataset, run

from bettersynth.errors import UserError
from bettersynth.operators.image_blur_mapper import Settings

ROWS = [json.loads(line) for line in (FIXTURES / "blur.jsonl").read_text().splitlines()]
NAMES = ["face.png", "grad.png", "wide.png", "gray.png"]


@pytest.fixture(autouse=True)
def _samples(in_folder: None) -> None:
    pictures = [{"text": name, "images": [str(FIXTURES / "images" / name)]} for name in NAMES]
    dataset([*pictures, {"text": "no picture", "images": []}])


def blurred(**settings: Any) -> dict[str, str]:
    """Return the path of each row's picture by its text."""
    rows = run([{"image_blur_mapper": settings}])
    return {row["text"]: row["images"][0] for row in rows if row["images"]}


@pytest.mark.parametrize("kind", ["gaussian", "box", "mean"])
def test_the_pixels_are_data_juicers(kind: str) -> None:
    known = [row for row in ROWS if row["blur_type"] == kind]
    for radius in sorted({row["radius"] for row in known}):
        paths = blurred(p=1.0, blur_type=kind, radius=radius)
        for row in known:
            if row["radius"] == radius:
                picture = Image.open(paths[row["image"]]).convert("RGB")
                assert list(picture.size) == row["size"]
                assert hashlib.sha256(picture.tobytes()).hexdigest() == row["pixels_sha256"]


def test_the_seed_draws_who_is_blurred_and_the_same_again() -> None:
    first = blurred(p=0.5)
    assert blurred(p=0.5) == first
    draws = [blurred(p=0.5, seed=seed) for seed in range(4)]
    assert len({tuple(draw.values()) for draw in draws}) > 1
    untouched = blurred(p=0.0)
    assert all(Path(path).parent == FIXTURES / "images" for path in untouched.values())


def test_old_samples_may_stay_and_those_without_pictures_are_kept() -> None:
    rows = run([{"image_blur_mapper": {"p": 1.0, "keep_original_sample": True}}])
    assert [row["text"] for row in rows][:4] == ["face.png", "face.png", "grad.png", "grad.png"]
    assert run([{"image_blur_mapper": {"p": 1.0}}])[-1]["text"] == "no picture"
    folder = Path(rows[1]["images"][0]).parent
    assert folder == Path.cwd() / "image_blur_mapper"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"p": 1.5}, "p is 1.5; it must be from 0 to 1"),
        ({"radius": -1.0}, "radius is -1.0; it must not be negative"),
    ],
)
def test_a_wrong_setting_is_one_line(setting: dict[str, float], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Settings(**setting)
