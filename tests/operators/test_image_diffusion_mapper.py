"""image_diffusion_mapper in recipes, on a tiny random Stable Diffusion pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support import tiny_captioners
from support.small_run import FIXTURES, dataset, run
from support.tiny_diffusion import save_diffusion

from bettersynth.errors import UserError
from bettersynth.models.generation import diffusion

pytest.importorskip(
    "diffusers", reason="diffusers is not installed: pip install bettersynth[diffusion]"
)
PICTURE = str(FIXTURES / "images" / "wide.png")
ONE = "<__dj__image>\na red dog <|__dj__eoc|>"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_diffusion(tmp_path_factory.mktemp("diffusion")))


@pytest.fixture(autouse=True)
def _two_samples(in_folder: None) -> None:
    with_picture = {"id": 0, "text": ONE, "images": [PICTURE], "cap": "a blue house"}
    dataset([with_picture, {"id": 1, "text": "no picture", "images": []}])


def redrawn(pipeline: str, **settings: Any) -> dict[str, Any]:
    small = {
        "hf_diffusion": pipeline,
        "num_inference_steps": 3,
        "resolution": 32,
        "caption_key": "cap",
    }
    return {"image_diffusion_mapper": {**small, **settings}}


def test_a_new_sample_has_new_pictures_of_the_old_size(pipeline: str) -> None:
    rows = run([redrawn(pipeline, aug_num=2)])
    assert [row["id"] for row in rows] == [0, 0, 0, 1]
    assert [row["text"] for row in rows] == [ONE, ONE, ONE, "no picture"]
    pictures = [Image.open(row["images"][0]) for row in rows[:3]]
    assert {picture.size for picture in pictures} == {pictures[0].size}
    assert len({picture.convert("RGB").tobytes() for picture in pictures}) == 3
    assert Path(rows[1]["images"][0]).parent == Path.cwd() / "image_diffusion_mapper"


def test_nothing_is_drawn_twice_and_the_seed_decides(
    pipeline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run([redrawn(pipeline, keep_original_sample=False)])[0]["images"][0]
    data = Path(first).read_bytes()
    other = run([redrawn(pipeline, keep_original_sample=False, seed=1)])[0]["images"][0]
    assert Path(other).read_bytes() != data
    for path in (Path.cwd() / "cache/pictures").iterdir():
        path.unlink()
    Path(first).unlink()
    run([redrawn(pipeline)])
    assert Path(first).read_bytes() == data
    monkeypatch.setattr(diffusion, "load_pipeline", None)
    elsewhere = run([redrawn(pipeline, save_dir="elsewhere", keep_original_sample=False)])[0][
        "images"
    ][0]
    assert Path(elsewhere).parent.name == "elsewhere"
    assert Path(elsewhere).read_bytes() == data


def test_without_a_caption_field_the_picture_is_described_first(
    pipeline: str, tmp_path: Path
) -> None:
    blip = str(tiny_captioners.save_blip(tmp_path / "blip"))
    rows = run(
        [redrawn(pipeline, caption_key=None, hf_img2seq=blip, settings={"max_new_tokens": 4})]
    )
    assert [row["id"] for row in rows] == [0, 0, 1]
    assert Path(rows[1]["images"][0]).exists()


def test_wrong_settings_and_missing_captions_are_named(pipeline: str) -> None:
    with pytest.raises(UserError, match="strength is 1.5; it must be above 0 and at most 1"):
        run([redrawn(pipeline, strength=1.5)])
    with pytest.raises(UserError, match="aug_num is 0; it must be above 0"):
        run([redrawn(pipeline, aug_num=0)])
    with pytest.raises(UserError, match="no row of data.jsonl has the field cap2"):
        run([redrawn(pipeline, caption_key="cap2")])
