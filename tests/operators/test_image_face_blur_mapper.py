"""image_face_blur_mapper: Data-Juicer 1.6.1's pixels."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.small_run import FIXTURES, dataset, run

from bettersynth.errors import UserError
from bettersynth.operators.image_face_blur_mapper import Settings

ROWS = [json.loads(line) for line in (FIXTURES / "face_blur.jsonl").read_text().splitlines()]
FACE, NONE = (FIXTURES / "images" / name for name in ("face.png", "gray.png"))


@pytest.fixture(autouse=True)
def _samples(in_folder: None) -> None:
    pictures = [{"text": path.name, "images": [str(path)]} for path in (FACE, NONE)]
    dataset([*pictures, {"text": "no picture", "images": []}])


def blurred(**settings: Any) -> list[list[str]]:
    """Return the paths of each row's pictures."""
    return [row["images"] for row in run([{"image_face_blur_mapper": settings}])]


@pytest.mark.parametrize("kind", ["gaussian", "box", "mean"])
def test_the_pixels_are_data_juicers(kind: str) -> None:
    for radius in (2.0, 5.5):
        (face,), (none,), _ = blurred(blur_type=kind, radius=radius)
        assert none == str(NONE)
        (known,) = [
            row
            for row in ROWS
            if row["changed"]
            and row["minNeighbors"] == 3
            and (row["blur_type"], row["radius"]) == (kind, radius)
        ]
        pixels = Image.open(face).convert("RGB").tobytes()
        assert hashlib.sha256(pixels).hexdigest() == known["pixels_sha256"]


def test_old_samples_may_stay_and_a_second_run_writes_no_other_files() -> None:
    first = blurred(keep_original_sample=True, save_dir="made")
    assert first[0] == [str(FACE)]
    made = sorted(Path("made").iterdir())
    assert [str(path.absolute()) for path in made] == first[1]
    # what no face was found in is the sample again
    assert first[2] == first[3] == [str(NONE)]
    assert blurred(keep_original_sample=True, save_dir="made") == first
    assert sorted(Path("made").iterdir()) == made


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"radius": -1.0}, "radius is -1.0; it must not be negative"),
        ({"minSize": (3,)}, "minSize is"),
    ],
)
def test_a_wrong_setting_is_one_line(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Settings(**setting)
