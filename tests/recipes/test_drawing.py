from pathlib import Path
from types import SimpleNamespace

import pytest
from support.default_settings import read_changed
from support.small_columns import column
from support.small_pool import picture, write_pool, write_similarity

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.drawn import DRAWN_IMAGES, read_drawn
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Made
from bettersynth.recipes.drawing import draw_nothing, draw_pictures

DRAWING = SimpleNamespace(hf_diffusion="a/model", seed=7)


class Maker:
    """Draws two pictures of every sample but those with a cat, noise by the caption's length."""

    def __init__(self, folder):
        self.folder = folder

    def make(self, batch):
        made, bad = [], {}
        for position, text in enumerate(batch.texts):
            made.append([])
            if "cat" in text:
                bad[position] = "the safety checker refused 5 pictures"
                continue
            for number in range(2):
                name = f"{len(text)}-{number}.png"
                Path(self.folder, name).write_bytes(picture(len(text) + number))
                made[position].append(Made(text, [name], (text,)))
        return made, bad

    def close(self):
        pass


OPERATOR = SimpleNamespace(open_maker=lambda drawing, folder: Maker(folder))


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    ids = write_pool(["a dog", "a cat", "a small house", "a tree"])
    write_similarity(ids, [0.1, 0.15, 0.2, 0.9])


def settings(**changes):
    return read_changed(
        "draw", mapper="text_to_image_mapper", min_score=0.0, max_score=0.3, **changes
    )


def test_pictures_of_the_slice_are_kept_with_where_they_come_from():
    drawn = draw_pictures(settings(max_reject_share=0.5), OPERATOR, DRAWING)
    assert drawn == (4, 2)
    rows = read_drawn(column("s00", "s01", "s02", "s03")).to_pylist()
    assert [(row["id"], row["candidate"]) for row in rows] == [
        ("s00", 1000),
        ("s00", 1001),
        ("s02", 1000),
        ("s02", 1001),
    ]
    store = ImageStore(DRAWN_IMAGES)
    for row in rows:
        data = store.read(row["images"][0])
        assert row["image_sha256"] == [sha256_of_bytes(data)]
        assert row["size_bytes"] == [len(data)]
        assert (row["mapper"], row["model"]) == ("text_to_image_mapper", "a/model")
        assert (row["seed"], len(row["model_hash"]), row["prompt"]) == (7, 16, row["text"])


def test_two_runs_write_the_same_bytes():
    files = ["data/draw/samples.parquet", "data/draw/images/shards.json"]
    draw_pictures(settings(max_reject_share=0.5), OPERATOR, DRAWING)
    before = [Path(file).read_bytes() for file in files]
    draw_pictures(settings(max_reject_share=0.5), OPERATOR, DRAWING)
    assert [Path(file).read_bytes() for file in files] == before


def test_too_many_refusals_fail_the_stage():
    with pytest.raises(UserError, match=r"draw.max_reject_share.*|samples got no picture"):
        draw_pictures(settings(), OPERATOR, DRAWING)


def test_nothing_is_a_table_and_a_zip_too():
    draw_nothing()
    assert read_drawn(column()).num_rows == 0
    assert ImageStore(DRAWN_IMAGES).names() == []
