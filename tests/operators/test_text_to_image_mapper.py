"""text_to_image_mapper in recipes, on a tiny random Stable Diffusion pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
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


def drawn(pipeline: str, **settings: Any) -> dict[str, Any]:
    return {
        "text_to_image_mapper": {
            "hf_diffusion": pipeline,
            "num_inference_steps": 2,
            "width": 32,
            "height": 24,
            **settings,
        }
    }


def test_pictures_are_drawn_from_words(pipeline: str) -> None:
    rows = run([drawn(pipeline, image_num=2, keep_original_sample=False)])
    assert [row["id"] for row in rows] == [0, 0, 1, 1]
    assert rows[0]["text"] == ONE
    assert rows[2]["text"] == "<__dj__image>\nno picture <|__dj__eoc|>"
    pictures = [Image.open(row["images"][0]) for row in rows]
    assert {picture.size for picture in pictures} == {(32, 24)}
    assert len({picture.tobytes() for picture in pictures}) == 4
    assert all(not Path(row["images"][0]).is_absolute() for row in rows)
    assert [
        row["id"] for row in run([drawn(pipeline, caption_key="cap", keep_original_sample=False)])
    ] == [0]


def test_a_picture_that_the_checker_refuses_sets_the_sample_aside(
    pipeline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        calls = 0

        def __call__(self, **given: Any) -> Any:
            self.calls += 1
            made = type("Made", (), {})()
            made.images, made.nsfw_content_detected = [Image.new("RGB", (8, 8))], [self.calls < 7]
            return made

    refusing = Refusing()
    monkeypatch.setattr(diffusion, "load_pipeline", lambda kind, model: refusing)
    rows = run([drawn(pipeline, keep_original_sample=False)], max_reject_share=0.5)
    assert [row["id"] for row in rows] == [1]
    assert refusing.calls == 7
    assert (
        "the safety checker refused 5 pictures"
        in json.loads(Path("out_rejects.jsonl").read_text())["reason"]
    )


def test_wrong_settings_and_a_missing_pipeline_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot load the diffusion pipeline .*nowhere"):
        run([drawn(str(tmp_path / "nowhere"))])
    with pytest.raises(UserError, match="image_num is 0; it must be above 0"):
        run([drawn("any", image_num=0)])
