"""Which files a source needs, and where they are looked for."""

from pathlib import Path

from support.default_settings import default_settings

from bettersynth.data.sources.downloads import (
    download_folder,
    miniature_folder,
    pairs_file,
    source_downloads,
)
from bettersynth.settings.one_source import Download
from bettersynth.settings.source import Package

ICONS = Package("npm", "icons", "1", "icons-1.tgz", "abc", "MIT")
CHALLENGE = default_settings(
    "source",
    name="better_synth",
    file="x",
    packages=(ICONS,),
    base_address="http://here",
    pairs=Download("data/pairs.jsonl", "def"),
    archive=Download("data/images.tar.gz"),
)


def test_the_users_pairs_are_a_file_and_the_challenges_are_fetched():
    assert pairs_file(
        default_settings("source", name="jsonl", file="mine.jsonl", packages=())
    ) == Path("mine.jsonl")
    assert pairs_file(CHALLENGE) == Path("data/archives/pairs.jsonl")


def test_every_file_is_listed_with_its_origin_and_pinned_hash():
    folder = Path("downloads")
    assert source_downloads(CHALLENGE, folder) == [
        (folder / "pairs.jsonl", "http://here/data/pairs.jsonl", "def"),
        (folder / "images.tar.gz", "http://here/data/images.tar.gz", None),
        (folder / "icons-1.tgz", "npm package icons 1", "abc"),
    ]


def test_where_other_builds_are_accepted_no_hash_is_pinned():
    source = default_settings(
        "source", name="emoji", file="x", packages=(ICONS,), accept_other_builds=True
    )
    assert [sha256 for _, _, sha256 in source_downloads(source, Path("x"))] == [None]


def test_downloads_lie_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))
    assert download_folder() == tmp_path / "archives"
    assert miniature_folder() == tmp_path / "archives/miniature"
