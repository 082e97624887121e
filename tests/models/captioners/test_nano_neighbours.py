"""The captioner by search: whose captions it lends, to which pictures, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.batch import Images
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.samples import read_samples, write_samples
from bettersynth.errors import UserError
from bettersynth.models.captioners import Request, nano_neighbours

CONCEPTS = 25


@pytest.fixture(autouse=True)
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank, another style of the reference, and that style in the pool; clip art beside them."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    things = rng.normal(size=(2 * CONCEPTS, 496))
    maps, pooled, names, samples = [], [], [], []

    def draw(source: str, thing: int, split: str, caption: str, concept: str) -> None:
        cells = things[thing] + 3 * len(source) + 0.2 * rng.normal(size=(8, 8, 496))
        maps.append(cells)
        pooled.append(np.resize(cells.mean((0, 1)), 1280))
        name = f"{split}-{source}-{thing}.png"
        names.append(Images(lambda name: name.encode()).sha256(name))
        samples.append(
            {
                "id": name,
                "text": text_of_caption(caption),
                "images": [name],
                "image_sha256": names[-1:],
                "source": source,
                "concept": concept,
                "split": split,
            }
        )

    for thing in range(2 * CONCEPTS):
        draw("bank", thing, "reference", f"thing {thing}", f"thing {thing}")
    for thing in range(CONCEPTS):
        draw("other", thing, "reference", f"some {thing}", f"thing {thing}")
        draw("other", CONCEPTS + thing, "pool", "a wrong caption", "")
        draw("clipart", thing, "pool", "clip art", "")
    write_samples(sorted(samples, key=lambda row: row["id"]))
    Path("data/features").mkdir(parents=True)
    np.save("data/features/high_res.npy", np.array(maps, dtype=np.float16))
    np.save("data/features/pooled.npy", np.array(pooled, dtype=np.float32))
    write_table("data/features/index.parquet", pa.table({"sha256": names}))
    Path("models/towers").mkdir(parents=True)
    Path("models/towers/manifest.json").write_text("{}")


def captions(names: list[str], candidate: int = 0, **settings: object) -> list[str]:
    captioner = nano_neighbours.load(nano_neighbours.Settings(bank="bank", **settings))
    requests = [Request(name, "", candidate) for name in names]
    (made,) = captioner.caption(Images(lambda name: name.encode()), requests, 0)
    return [made[position] for position in range(len(names))]


def test_pictures_get_the_caption_of_the_same_thing_or_none():
    things = range(CONCEPTS, 2 * CONCEPTS)
    found = captions([f"pool-other-{thing}.png" for thing in things])
    given = {thing: caption for thing, caption in zip(things, found, strict=True) if caption}
    assert len(given) > CONCEPTS / 2
    assert given == {thing: f"thing {thing}" for thing in given}
    # of a style without a concept in common with the bank nothing is known
    assert captions(["pool-clipart-3.png"]) == [""]


def test_a_wider_margin_is_silent_more_often_and_further_candidates_are_others():
    names = [f"pool-other-{thing}.png" for thing in range(CONCEPTS, 2 * CONCEPTS)]
    assert captions(names, margin=10.0) == [""] * CONCEPTS
    first, second = captions(names), captions(names, candidate=1)
    assert [bool(caption) for caption in first] == [bool(caption) for caption in second]
    assert not any(one and one == other for one, other in zip(first, second, strict=True))


def test_what_cannot_be_done_is_said_in_one_line():
    with pytest.raises(UserError, match="bank 'none'.*sources of the reference split: bank, other"):
        nano_neighbours.load(nano_neighbours.Settings(bank="none"))
    with pytest.raises(UserError, match=r"elsewhere\.png is no picture of the pool"):
        captions(["elsewhere.png"])
    with pytest.raises(UserError, match="margin is -1"):
        nano_neighbours.Settings(margin=-1)


def test_its_captions_are_kept_under_the_pictures_and_the_towers():
    settings = nano_neighbours.Settings(bank="bank")
    before = nano_neighbours.model_hash(settings)
    Path("models/towers/manifest.json").write_text('{"other": 1}')
    assert nano_neighbours.model_hash(settings) != before
    Path("models/towers/manifest.json").unlink()
    with pytest.raises(UserError, match="models/towers"):
        nano_neighbours.model_hash(settings)


def test_a_pool_without_a_style_that_the_bank_knows_is_refused():
    rows = read_samples().to_pylist()
    write_samples([row for row in rows if not row["id"].startswith("pool-other")])
    with pytest.raises(UserError, match="no picture of the sources other"):
        nano_neighbours.load(nano_neighbours.Settings(bank="bank"))
