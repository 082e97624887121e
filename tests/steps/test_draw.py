"""The stage `draw`, with a tiny random Stable Diffusion pipeline, and what comes after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from support.small_pool import write_candidates, write_params, write_pool, write_similarity
from support.tiny_diffusion import save_diffusion

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.experiments.history.explain import explain
from bettersynth.models.generation.diffusion import Painter
from bettersynth.steps import draw, mix, restats, stats
from bettersynth.steps import filter as filter_step

STATS = {"image_shape_filter": {}, "words_num_filter": {}}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    write_similarity(write_pool(["a dog", "a red car", "a blue car"]), [0.1, 0.2, 0.5])


def params(**sections: Any) -> None:
    write_params(seeds=[0], rewrite={}, caption={"captioner": "none"}, **sections)


def test_by_default_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    params(draw={}, stats={})
    assert draw.main() == {"samples": 0}
    assert read_table("data/draw/samples.parquet").num_rows == 0
    assert read_table("data/draw/features/index.parquet").num_rows == 0
    assert capsys.readouterr().out == "draw: none, as draw.mapper says\n"


def test_a_new_picture_is_measured_mixed_and_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("diffusers", reason="pip install bettersynth[diffusion]")
    model = str(save_diffusion(tmp_path / "diffusion"))
    small = {"hf_diffusion": model, "num_inference_steps": 1, "width": 16, "height": 16}
    params(
        stats={"image_text_similarity_filter": {"hf_clip": "nano"}, **STATS},
        draw={
            "mapper": "text_to_image_mapper",
            "settings": small,
            "min_score": 0.0,
            "max_score": 0.3,
        },
        filter={"recipe": [{"image_shape_filter": {"min_width": 16, "max_width": 100}}]},
        mix={"visits": 6, "exchange": True, "exchange_threshold": 0.36},
    )
    for name in STATS:
        monkeypatch.setattr("sys.argv", ["stats", name])
        stats.main()
    assert draw.main() == {"samples": 2}
    images = Path("data/draw/images/shards.json").read_bytes()
    # a second run draws nothing
    monkeypatch.setattr(Painter, "_draw", None)
    draw.main()
    assert Path("data/draw/images/shards.json").read_bytes() == images

    measured = {"image_shape_filter": {}, "words_num_filter": {}}
    write_candidates([("s01", 0, "a red bus", 0.4)])
    captions = read_table("data/restats/restats.parquet")
    params(stats=measured)
    restats.main()
    rows = read_table("data/restats/restats.parquet").to_pylist()
    assert [row["image_width"] for row in rows] == [None, [16], [16]]
    assert [row["num_words"] for row in rows] == [5, 4, 5]

    # the similarity is written here: nano's scorer needs its towers
    table = read_table("data/restats/restats.parquet")
    scores = [*captions["image_text_similarity"].to_pylist(), [0.2], [0.7]]
    columns = {name: table[name] for name in table.column_names}
    columns["image_text_similarity"] = scores
    write_table("data/restats/restats.parquet", pa.table(columns))
    params(
        stats={"image_text_similarity_filter": {"hf_clip": "nano"}, **STATS},
        filter={"recipe": [{"image_shape_filter": {"min_width": 16, "max_width": 100}}]},
        mix={"visits": 6, "exchange": True, "exchange_threshold": 0.36},
    )
    filter_step.main()
    mix.main()
    trained = {entry["id"]: entry for entry in json.loads(Path("data/mix/train.json").read_text())}
    # of a better caption (.4) and a better picture (.7) the picture
    assert trained["s01"]["image"].startswith("drawn/")
    assert trained["s01"]["conversations"][1]["value"] == "a red car"
    card = json.loads(Path("data/mix/card.json").read_text())
    assert card["drawn"] == {"samples": 2, "pictures": 2, "training": 1}
    assert card["counts"]["new_captions"] == 1
    lines = explain("s01").splitlines()
    (picture,) = [line for line in lines if line.startswith("  picture")]
    assert "picture   0 by text_to_image_mapper: drawn/" in picture
    assert "seed 0, after 'a red car', num_words = 5, image_width = [16]" in picture
    assert picture.endswith("<- in training")
    assert lines[-1].endswith("visits with its new picture 0")
