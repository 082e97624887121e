"""benchmarks/influence_page.py: what the page of attributions shows."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from support.benchmark_scripts import script
from support.browser import opened_browser, serious_faults

from bettersynth.data.files.writing import write_table
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.planted import PLANTED, write_planted
from bettersynth.data.tables.samples import POOL_IMAGES, SAMPLES
from bettersynth.evaluation.statistics.rank_correlation import RankCorrelation

page = script("influence_page")
results = script("influence_results")
scores = script("influence_scores")
OUTCOMES = script("influence_asking").OUTCOMES
PAGE = Path("report.html")
HALVES = 12
COUNT = 24


@dataclasses.dataclass
class Trained:
    """The samples s00 to s23, of which s05 is worth most and s12 least."""

    ids: list[str]
    samples: list[dict[str, Any]]
    visits: int = 3000


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ids = [f"s{k:02d}" for k in range(COUNT)]
    # the last is made by the recipe, and its picture is not at hand
    write_table(SAMPLES, pa.table({"id": ids[:-1], "source": ["drawer"] * (COUNT - 1)}))
    write_images(POOL_IMAGES, [(f"{k}.png", drawn(k)) for k in range(COUNT - 1)])
    rows = []
    for k, id in enumerate(ids):
        own = text_of_caption(f"the true words of {id}")
        rows.append({"id": id, "planted": k in (12, 13, 22), "original_text": own, "donor_id": ""})
    write_planted(rows)


def drawn(k: int) -> bytes:
    """Return a picture as PNG."""
    stream = io.BytesIO()
    Image.new("RGB", (200, 120), (10 * k, 90, 200)).save(stream, "PNG")
    return stream.getvalue()


def trained() -> Trained:
    ids = [f"s{k:02d}" for k in range(COUNT)]
    samples = []
    for k in range(COUNT):
        turns = [{"value": "?"}, {"value": f"<words> & {k}"}]
        samples.append({"id": ids[k], "image": f"{k}.png", "conversations": turns})
    return Trained(ids, samples)


def estimate(value: float) -> Any:
    return scores.Estimate(value, value - 0.03, value + 0.03)


def found(**changes: Any) -> Any:
    """Return results in which gradients foretell best and similarity finds best."""
    measured = {outcome: np.zeros((HALVES, 7)) for outcome in OUTCOMES}
    summary = {"caption loss": 3.0, "own picture picked": 0.6, "right options": 0.4}
    findings = results.Findings(
        inside=np.zeros((HALVES, COUNT), dtype=bool),
        measured=measured,
        again={outcome: values[:5] for outcome, values in measured.items()},
        summaries=[summary | {"right options": 0.4 + 0.01 * k} for k in range(HALVES)],
        attributions={},
        attributing=6,
        own=np.zeros(COUNT),
        own_unseen=np.zeros(COUNT),
        cpu_seconds=1300.6,
    )
    rows = []
    for method, score, area in (("gradients, TRAK", 0.4, 0.55), ("similarity", 0.01, 0.79)):
        for outcome in OUTCOMES:
            estimates = [estimate(score), estimate(area)]
            whole = RankCorrelation("Spearman", 0.3, -0.1, 0.5, HALVES)
            rows.append(results.Row(method, outcome, estimates[0], whole, estimates[1]))
    worth = np.linspace(-0.1, 0.1, COUNT)
    worth[[5, 12]] = 1.5, -1.25
    original = np.arange(COUNT) != 22
    planted = np.isin(np.arange(COUNT), (12, 13))
    ceiling = {outcome: scores.Estimate(0.336, 0.27, 0.365) for outcome in OUTCOMES}
    whole = results.Results(findings, rows, ceiling, worth, original, planted)
    return dataclasses.replace(whole, **changes)


def written(found: Any) -> str:
    page.write_page(found, trained(), PAGE)
    return PAGE.read_text()


def test_the_ends_are_shown_with_picture_caption_source_and_truth():
    pairs = page.listed_pairs(found(), trained())
    assert {word: len(shown) for word, shown in pairs.items()} == {"helpful": 10, "harmful": 10}
    best, worst = pairs["helpful"][0], pairs["harmful"][0]
    assert (best.id, best.value, best.source, best.planted) == ("s05", 1.5, "drawer", False)
    assert (worst.id, worst.value, worst.planted) == ("s12", -1.25, True)
    assert (best.own_caption, worst.own_caption) == ("", "the true words of s12")
    # made by the recipe
    made = pairs["helpful"][1]
    assert (made.id, made.source, made.picture) == ("s23", "", "")
    assert [pair.original for pair in pairs["helpful"][:4]] == [True, True, False, True]
    text = written(found())
    assert text.index("+1.500") < text.index("&lt;words&gt; &amp; 5") < text.index("-1.250")
    assert text.count("planted mismatch</span>") == 1
    assert text.count("new caption; its first one was planted, its own: the true words of s22") == 1
    assert "its own: the true words of s12" in text


def test_the_tables_hold_every_method_and_what_another_seed_says():
    text = written(found())
    assert "on 12 random halves of 24 training samples, 3,000 rows each" in text
    assert "gradients of 6 other models" in text
    assert "right options: 0.400 to 0.510" in text
    assert (
        "Best at foretelling: gradients, TRAK, 0.400 (0.370 to 0.430) for the outcome caption; "
        "the same halves with another seed: 0.336 (0.270 to 0.365)."
    ) in text
    assert "Best at finding planted mismatches: similarity, 0.790 (0.760 to 0.820)." in text
    assert text.count("<table") == 3
    assert text.count('<td class="text">similarity</td>') == 3
    # among the finders alone it is what others are compared with
    assert text.count('<tr class="own">') == 1
    assert text.count("the same 5 halves with another seed") == 1
    assert "2 of the 23 samples with their first caption carry another pair’s" in text


def test_a_better_finder_stands_beside_similarity():
    rows = [dataclasses.replace(row, area=row.score, score=None) for row in found().rows]
    assert page.sentences(found(rows=rows)) == [
        "Best at finding planted mismatches: gradients, TRAK, 0.400 (0.370 to 0.430); "
        "similarity: 0.010 (-0.020 to 0.040)."
    ]


def test_a_source_that_plants_nothing_has_no_areas():
    PLANTED.unlink()
    rows = [dataclasses.replace(row, area=None) for row in found().rows]
    text = written(found(rows=rows, planted=None))
    assert "nothing can be said about what finds them" in text
    assert "planted mismatch</span>" not in text
    assert "not planted" not in text
    assert text.count("<table") == 2


def test_the_page_is_complete_in_itself_and_the_same_when_written_again():
    first = written(found())
    assert written(found()) == first
    addresses = re.findall(r'(?:src|href)="([^"]*)"', first)
    # s23 is not at hand
    assert sum(address.startswith("data:image/jpeg;base64,") for address in addresses) == 19
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert all('alt="picture of s' in image for image in re.findall(r"<img[^>]*>", first))


def test_the_page_is_accessible_and_no_wider_than_a_telephone():
    written(found())
    with opened_browser() as opened:
        opened.set_viewport_size({"width": 390, "height": 800})
        opened.goto(PAGE.absolute().as_uri())
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390
        assert serious_faults(opened) == []
