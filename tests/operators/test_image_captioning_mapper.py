"""image_captioning_mapper in recipes, on tiny random BLIP weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import tiny_captioners
from support.small_run import FIXTURES, dataset, run

from bettersynth.errors import UserError
from bettersynth.operators import image_captioning_mapper
from bettersynth.recipes.lines import read_recipe

NAMES = ("shapes0.png", "gray.png", "shapes1.png")
PICTURES = [str(FIXTURES / "images" / name) for name in NAMES]
ONE = "<__dj__image>\na red dog <|__dj__eoc|>"


@pytest.fixture(scope="module")
def blip(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_captioners.save_blip(tmp_path_factory.mktemp("blip") / "blip"))


@pytest.fixture(autouse=True)
def _in_folder(in_folder: None) -> None:
    """Every test runs in a folder of its own."""


def mapper(blip: str, **settings: Any) -> dict[str, Any]:
    return {
        "image_captioning_mapper": {
            "hf_img2seq": blip,
            "settings": {"max_new_tokens": 5},
            **settings,
        }
    }


def caption_of(row: dict[str, Any]) -> str:
    return row["text"].removeprefix("<__dj__image> ").removesuffix(" <|__dj__eoc|>")


def test_a_new_sample_follows_the_original_with_its_other_fields(blip: str) -> None:
    dataset(
        [{"id": k, "text": ONE, "images": PICTURES[k : k + 1], "n": k} for k in range(2)]
        + [{"id": 2, "text": "x", "images": []}]
    )
    found = run([mapper(blip)])
    assert [row["id"] for row in found] == [0, 0, 1, 1, 2]
    assert [row["text"] == ONE for row in found] == [True, False, True, False, False]
    assert (found[3]["n"], found[3]["images"]) == (1, PICTURES[1:2])
    assert 1 <= len(caption_of(found[1]).split()) <= 5
    assert [row["id"] for row in run([mapper(blip, keep_original_sample=False)])] == [0, 1]


def test_all_candidates_or_one_of_them(blip: str) -> None:
    dataset([{"id": k, "text": ONE, "images": PICTURES[k : k + 1]} for k in range(3)])
    every = run(
        [mapper(blip, caption_num=3, keep_candidate_mode="all", keep_original_sample=False)]
    )
    assert [row["id"] for row in every] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    made = {k: [row["text"] for row in every if row["id"] == k] for k in range(3)}
    for mode in ("random_any", "similar_one_simhash"):
        one = run(
            [mapper(blip, caption_num=3, keep_candidate_mode=mode, keep_original_sample=False)]
        )
        assert [row["id"] for row in one] == [0, 1, 2]
        assert all(row["text"] in made[row["id"]] for row in one)
    best = mapper(
        blip,
        caption_num=3,
        keep_candidate_mode="best_similarity",
        hf_clip=str(FIXTURES / "clip_tiny"),
    )
    similarity = {
        "image_text_similarity_filter": {"hf_clip": str(FIXTURES / "clip_tiny"), "min_score": -1.0}
    }
    scored = run(
        [mapper(blip, caption_num=3, keep_candidate_mode="all"), similarity],
        keep_stats_in_res_ds=True,
    )
    value = {
        (row["id"], row["text"]): row["__dj__stats__"]["image_text_similarity"][0] for row in scored
    }
    for row in run([best, similarity], keep_stats_in_res_ds=True)[1::2]:
        assert row["__dj__stats__"]["image_text_similarity"][0] == max(
            value[row["id"], text] for text in made[row["id"]]
        )


def test_prompts_of_samples_go_before_the_prompt_of_all(blip: str) -> None:
    prompts = ["a small", None]
    dataset(
        [
            {"id": k, "text": ONE, "images": PICTURES[k : k + 1], "ask": prompt}
            for k, prompt in enumerate(prompts)
        ]
    )
    found = run([mapper(blip, prompt="the big", prompt_key="ask", keep_original_sample=False)])
    assert [
        caption_of(row).startswith(start)
        for row, start in zip(found, ("a small", "the big"), strict=True)
    ] == [True, True]


def test_nothing_is_captioned_twice_and_the_result_is_the_same(
    blip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset([{"id": k, "text": ONE, "images": PICTURES[k % 3 : k % 3 + 1]} for k in range(40)])
    run([mapper(blip, caption_num=2, keep_candidate_mode="all")], np=2)
    first = Path("out.jsonl").read_bytes()
    from bettersynth.models.captioners import blip as captioner

    monkeypatch.setattr(captioner, "load", None)
    run([mapper(blip, caption_num=2, keep_candidate_mode="all")])
    assert Path("out.jsonl").read_bytes() == first


def test_values_measured_before_do_not_stand_for_new_words(blip: str) -> None:
    dataset([{"id": 0, "text": ONE, "images": PICTURES[:1]}])
    recipe = [
        {"text_length_filter": {}},
        mapper(blip, keep_original_sample=False),
        {"words_num_filter": {"min_num": 1}},
    ]
    assert list(run(recipe, keep_stats_in_res_ds=True)[0]["__dj__stats__"]) == ["num_words"]


def test_a_sample_that_cannot_be_described_is_set_aside(blip: str) -> None:
    Path("cut.png").write_bytes(Path(PICTURES[0]).read_bytes()[:60])
    bad = [
        {"id": "cut", "text": ONE, "images": ["cut.png"]},
        {"id": "many", "text": ONE + ONE, "images": PICTURES[:1]},
    ]
    dataset([*bad, *({"id": str(k), "text": ONE, "images": PICTURES[:1]} for k in range(2))])
    found = run([mapper(blip)], max_reject_share=0.5)
    assert [row["id"] for row in found] == ["0", "0", "1", "1"]
    reasons = [
        json.loads(line)["reason"] for line in Path("out_rejects.jsonl").read_text().splitlines()
    ]
    assert "image cut.png: " in reasons[0]
    assert reasons[1] == "more image tokens than pictures"


def test_the_recipe_of_the_docs_is_read() -> None:
    page = (Path(__file__).parents[2] / "docs/captioners.md").read_text()
    recipe = yaml.safe_load(page.split("```yaml")[1].split("```")[0])
    assert len(read_recipe(recipe["process"], "docs")) == len(recipe["process"])


def test_wrong_settings_are_named(blip: str) -> None:
    dataset([{"text": ONE, "images": PICTURES[:1]}])
    with pytest.raises(
        UserError,
        match=(
            "keep_candidate_mode is 'best'; allowed: random_any, similar_one_simhash, all, "
            "best_similarity"
        ),
    ):
        run([mapper(blip, keep_candidate_mode="best")])
    with pytest.raises(UserError, match="there is no captioner blip3; captioners: blip, "):
        run([mapper(blip, captioner="blip3")])
    with pytest.raises(UserError, match="caption_num is 0"):
        run([mapper(blip, caption_num=0)])
    assert (
        image_captioning_mapper.captioner_settings(
            image_captioning_mapper.Settings(captioner="nano_prefix")
        )
        == {}
    )
