from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from support.small_run import FIXTURES, dataset

from bettersynth.data.samples.batch import Tokens
from bettersynth.errors import UserError
from bettersynth.experiments.report.audit_folder import audit_to
from bettersynth.recipes.auditing import audit, separation
from bettersynth.recipes.faults import FAULTS, Sample

WORDS = (
    "red dog cat runs over green field old house under tall tree boat blue river small bird".split()
)


@pytest.fixture(autouse=True)
def _recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pictures = sorted(FIXTURES.glob("images/shapes*.png"))[:6]
    rng = np.random.default_rng(0)
    rows = []
    for k in range(24):
        name = f"{k}.png"
        Image.open(pictures[k % 6]).convert("RGB").rotate(int(15 * k)).save(name)
        rows.append(
            {
                "id": str(k),
                "text": "<__dj__image> " + " ".join(rng.choice(WORDS, 9, replace=False)),
                "images": [name],
            }
        )
    dataset([*rows, {"id": "no picture", "text": "x", "images": ["missing.png"]}])
    process = [
        {"words_num_filter": {"min_num": 3}},
        {"image_size_filter": {"min_size": "1KB"}},
        {"document_minhash_deduplicator": {"window_size": 2}},
        {"stopwords_filter": {}},
    ]
    Path("recipe.yaml").write_text(
        yaml.safe_dump({"dataset_path": "data.jsonl", "process": process})
    )


def test_each_operator_is_measured_against_each_fault(capsys):
    audit_to(Path("recipe.yaml"), 10, 0, Path("out"))
    table = pd.read_csv("out/audit.tsv", sep="\t").set_index(["operator", "fault"])
    assert len(table) == 3 * len(FAULTS)
    marked = table.loc[("image_size_filter", "watermark")]
    assert marked["roc_auc"] > 0.9 and marked["side"] == "high"
    assert table.loc[("words_num_filter", "blur"), "roc_auc"] == 0.5
    copies = table.loc[("document_minhash_deduplicator", "near-duplicate")]
    assert copies["recall"] == copies["precision"] == 1.0
    assert table.loc[("document_minhash_deduplicator", "blur"), "recall"] == 0.0
    assert (table["milliseconds_a_sample"] >= 0).all()
    page = Path("out/page.html").read_text()
    assert page.count("data:image/jpeg") == 2 * len(FAULTS)
    assert "not run: stopwords_filter: set stopwords_dir" in capsys.readouterr().out


def test_the_same_seed_plants_the_same_faults():
    first, again = (
        audit(Path("recipe.yaml"), 5, 3).table.drop(columns="milliseconds_a_sample")
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(first, again)


def test_too_few_samples_are_a_clear_error():
    with pytest.raises(UserError, match="data.jsonl has 24 good samples, the audit needs 200"):
        audit(Path("recipe.yaml"), 100, 0)


def test_the_faults_do_what_they_say():
    picture = Image.open(FIXTURES / "images/shapes0.png").convert("RGB")
    samples = [Sample(str(k), f"<img> A Dog {k} <eoc>", (picture,)) for k in range(5)]
    tokens, rng = Tokens("<img>", "<eoc>"), np.random.default_rng(0)
    made = {fault: plant(samples, tokens, rng) for fault, plant in FAULTS.items()}
    assert sorted(s.text for s in made["swapped caption"]) == [s.text for s in samples]
    assert all(
        new.text != old.text for new, old in zip(made["swapped caption"], samples, strict=True)
    )
    text = made["gibberish"][0].text
    assert (
        text.startswith("<img> ")
        and text.endswith(" 0 <eoc>")
        and len(text) == len(samples[0].text)
        and text != samples[0].text
    )
    assert made["near-duplicate"][0].text == "<img> A Dog 0 again <eoc>"
    assert made["upside down"][0].pictures[0].getpixel((3, 2)) == picture.getpixel(
        (3, picture.height - 3)
    )
    sharp, soft, marked = (
        np.asarray(p, dtype=float)
        for p in (picture, made["blur"][0].pictures[0], made["watermark"][0].pictures[0])
    )
    assert np.abs(np.diff(soft, axis=1)).max() < np.abs(np.diff(sharp, axis=1)).max()
    assert 0.02 < (marked != sharp).any(axis=2).mean() < 0.6


def test_separation_is_of_either_side():
    faulty = np.array([False, False, True, True])
    assert separation([1, 2, 3, 4], faulty) == (1.0, "high")
    assert separation([[4.0], [3.0], [1.0], [2.0]], faulty) == (1.0, "low")
    assert separation([1, 1, 1, 1], faulty) == (0.5, "")
    assert math.isnan(separation(["en", "en", "de", "en"], faulty)[0])


def test_the_data_set_is_not_written_over():
    Path("out").mkdir()
    Path("out/audit.tsv").symlink_to(Path("data.jsonl").absolute())
    with pytest.raises(UserError, match="--output out/audit.tsv would be written over data.jsonl"):
        audit_to(Path("recipe.yaml"), 10, 0, Path("out"))
