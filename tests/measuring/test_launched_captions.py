"""Captions by several workers are those of one process, whoever dies; a killer gets none."""

from __future__ import annotations

import os
import signal
import types
from dataclasses import dataclass
from pathlib import Path

import pytest

from bettersynth.data.samples.batch import Images, UnreadableImage
from bettersynth.measuring import captioning, local_workers
from bettersynth.measuring import launched_captions as module
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.measuring.launched_captions import (
    CaptionPart,
    HeldCaptioner,
    PartCaptioning,
    caption_part,
    part_size,
    worthwhile,
)
from bettersynth.measuring.launching import HERE, Launch
from bettersynth.models.captioners import Request

NAMES = [f"{number}.png" for number in range(40)]


@dataclass(frozen=True)
class Settings:
    """Of a captioner whose captions tell whom it described together."""

    batch_size: int = 2


class Telling:
    """Says a picture's bytes, candidate and company; dies of `poison`, once of `fragile`."""

    def __init__(self, settings):
        self.size = settings.batch_size

    def caption(self, images, requests, seed):
        for start in range(0, len(requests), self.size):
            batch = requests[start : start + self.size]
            read = [images.read(request.image).decode() for request in batch]
            for text in read:
                self.die_of(text)
                if text == "broken":
                    raise UnreadableImage("7.png", "is broken")
            made = [
                f"{text} {one.candidate} of {len(batch)} {seed}"
                for text, one in zip(read, batch, strict=True)
            ]
            yield dict(enumerate(made, start))

    def die_of(self, text):
        mark = Path("died once")
        if text == "fragile" and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "poison":
            os.kill(os.getpid(), signal.SIGKILL)


def telling_module(name, where):
    return types.SimpleNamespace(Settings=Settings, model_hash=lambda _: name, load=Telling)


@pytest.fixture(autouse=True)
def _world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(captioning, "captioner_module", telling_module)
    monkeypatch.setattr(module, "captioner_module", telling_module)
    # only a fork has the captioner of this test, and an earlier test may have loaded Lance
    monkeypatch.setattr(local_workers, "_forks", lambda: True)
    monkeypatch.setattr(module, "MODELS", ("telling",))
    monkeypatch.setattr(captioning, "MODELS", ("telling",))
    monkeypatch.setattr(module, "PART", 6)
    monkeypatch.setattr(module, "PARTS_A_WORKER", 1)


def pictures(**other):
    files = {name: name.encode() for name in NAMES}
    files.update((f"{number[1:]}.png", content.encode()) for number, content in other.items())
    return Images(files.__getitem__)


def described(tmp_path, monkeypatch, launch, images, cache="cache"):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / cache))
    captioner = CachedCaptioner("telling", {}, "here")
    requests = [Request(name, "", candidate) for name in NAMES for candidate in (0, 1)]
    told = []
    texts, bad = captioner.caption(images, requests, 3, told.append, launch=launch)
    kept = sorted(captioner.column.connection.execute("SELECT key, value FROM scores"))
    captioner.close()
    assert bad or sum(told) == len(requests)
    return texts, bad, kept, captioner.made


def test_any_number_of_workers_makes_and_keeps_what_one_process_does(tmp_path, monkeypatch):
    alone = described(tmp_path, monkeypatch, HERE, pictures(), "alone")
    assert alone[3] == len(alone[2]) == 80
    for count in (2, 3):
        many = described(tmp_path, monkeypatch, Launch(workers=count), pictures(), f"of {count}")
        assert many == alone
    again = described(tmp_path, monkeypatch, Launch(workers=2), pictures(), "alone")
    assert again[0] == alone[0] and again[3] == 0


def test_a_worker_that_dies_once_costs_its_part(tmp_path, monkeypatch):
    given = pictures(n5="fragile")
    many = described(tmp_path, monkeypatch, Launch(workers=2), given, "of two")
    assert Path("died once").exists()
    assert many == described(tmp_path, monkeypatch, HERE, given, "alone")


def test_a_picture_that_ends_each_worker_has_no_caption_and_is_told(tmp_path, monkeypatch, capsys):
    texts, bad, kept, made = described(
        tmp_path, monkeypatch, Launch(workers=2), pictures(n5="poison")
    )
    assert texts[10:12] == ["", ""] and all(texts[:10] + texts[12:])
    assert (bad, len(kept), made) == ({}, 78, 78)
    assert "captions, of 5.png: the process that worked on it died" in capsys.readouterr().err


def test_a_picture_that_cannot_be_read_is_told_as_by_one_process(tmp_path, monkeypatch):
    given = pictures(n7="broken")
    many = described(tmp_path, monkeypatch, Launch(workers=2), given, "of two")
    assert many[1] == {"7.png": "is broken"}
    alone = described(tmp_path, monkeypatch, HERE, given, "alone")
    assert (many[0][14:16], alone[0][14:16]) == (["", ""], ["", ""])
    assert all(many[0][:14] + many[0][16:])


def test_whom_workers_share_is_given_the_files(monkeypatch):
    monkeypatch.setattr(module, "models_are_shared", lambda: True)
    images = Images(lambda name: _or_missing({"1.png": b"one", "2.png": b"two"}, name))
    requests = [Request("1.png", "", 0), Request("gone.png", "", 0), Request("2.png", "", 1)]
    make = PartCaptioning("telling", Settings(), images)
    monkeypatch.setattr(
        module,
        "held_model",
        lambda load, *given: types.SimpleNamespace(
            ask=lambda method, *words: getattr(load(*given), method)(*words)
        ),
    )
    made = make()(caption_part(images, requests, 3))
    assert made.texts == {0: "one 0 of 2 3", 2: "two 1 of 2 3"}
    assert made.bad == {"gone.png": "does not exist"}


def _or_missing(files, name):
    if name not in files:
        raise FileNotFoundError(name)
    return files[name]


def test_a_part_has_whole_batches_and_keeps_its_facts(monkeypatch):
    monkeypatch.setattr(module, "PART", 256)
    assert part_size(Settings(batch_size=24)) == 240
    assert part_size(Settings(batch_size=1000)) == 1000
    assert part_size(object()) == 256
    part = CaptionPart([Request(name, "", 0) for name in "abc"], {}, 0)
    assert [request.image for request in part.take([2, 0]).requests] == ["c", "a"]


def test_as_many_work_as_have_enough_to_do(monkeypatch):
    monkeypatch.setattr(module, "PARTS_A_WORKER", 8)
    assert worthwhile(Launch(workers=4), 20).workers == 2
    assert worthwhile(Launch(workers=4), 7).is_here
    assert worthwhile(Launch("ray", None), 20).workers == 20
    monkeypatch.setattr(module, "visible_gpus", lambda: ["0", "1"])
    assert worthwhile(Launch(workers=64), 20).workers == 4


def test_a_held_captioner_goes_on_without_what_cannot_be_decoded():
    held = HeldCaptioner("telling", Settings())
    requests = [Request(name, "", 0) for name in NAMES[6:10]]
    made = held.make(pictures(n7="broken"), requests, 0)
    assert sorted(made.texts) == [0, 2, 3]
