"""New pictures by a tiny random Stable Diffusion pipeline in the real format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from support import tiny_captioners
from support.small_run import FIXTURES, dataset, run

from bettersynth.errors import UserError
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.models.generation import diffusion

pytest.importorskip(
    "diffusers", reason="diffusers is not installed: pip install bettersynth[diffusion]"
)
PICTURE = str(FIXTURES / "images" / "wide.png")
ONE = "<__dj__image>\na red dog <|__dj__eoc|>"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> str:
    declare_missing_schemas()
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("diffusion")
    tokenizer = CLIPTokenizer.from_pretrained(FIXTURES / "clip_tiny")
    size = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    words = CLIPTextModel(
        CLIPTextConfig(
            **size,
            vocab_size=len(tokenizer),
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    blocks = {"block_out_channels": (8, 16), "norm_num_groups": 4, "layers_per_block": 1}
    unet = UNet2DConditionModel(
        sample_size=16,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=2,
        **blocks,
    )
    encoder = {
        "down_block_types": ("DownEncoderBlock2D",) * 2,
        "up_block_types": ("UpDecoderBlock2D",) * 2,
    }
    autoencoder = AutoencoderKL(latent_channels=4, sample_size=32, **encoder, **blocks)
    parts = {
        "vae": autoencoder,
        "text_encoder": words,
        "tokenizer": tokenizer,
        "unet": unet,
        "scheduler": DDIMScheduler(steps_offset=1, clip_sample=False),
    }
    made = StableDiffusionPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )
    made.save_pretrained(folder)
    return str(folder)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    dataset(
        [
            {"id": 0, "text": ONE, "images": [PICTURE], "cap": "a blue house"},
            {"id": 1, "text": "no picture", "images": []},
        ]
    )


def redrawn(pipeline: str, **settings: Any) -> dict[str, Any]:
    small = {
        "hf_diffusion": pipeline,
        "num_inference_steps": 3,
        "resolution": 32,
        "caption_key": "cap",
    }
    return {"image_diffusion_mapper": {**small, **settings}}


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


def test_what_is_wrong_is_named(pipeline: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="strength is 1.5; it must be above 0 and at most 1"):
        run([redrawn(pipeline, strength=1.5)])
    with pytest.raises(UserError, match="cannot load the diffusion pipeline .*nowhere"):
        run([drawn(str(tmp_path / "nowhere"))])
    with pytest.raises(UserError, match="cap2 holds no caption for each picture"):
        run([redrawn(pipeline, caption_key="cap2")])
