"""What fetching needs of the settings is checked first, and entries come file by file."""

from pathlib import Path

import pytest

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.sources.fetching import check_source, fetch
from bettersynth.data.tables.archives import ARCHIVES
from bettersynth.errors import UserError
from bettersynth.settings.source import Download, Package, SourceSettings


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache/archives").mkdir(parents=True)
    return tmp_path / "cache/archives"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            SourceSettings("emoji", "x"),
            "packages is empty; emoji needs the packages of conf/source",
        ),
        (SourceSettings("better_synth", "x"), "must give base_address, pairs and archive"),
        (
            SourceSettings(
                "better_synth",
                "x",
                base_address="http://nowhere",
                pairs=Download("a"),
                archive=Download("b"),
                miniature=Path("elsewhere"),
            ),
            "miniature is elsewhere; it must lie under data/archives",
        ),
    ],
)
def test_settings_that_belong_together_are_checked(source, message):
    with pytest.raises(UserError, match=message):
        check_source(source)


def test_a_package_is_copied_from_the_cache_and_another_build_noted(cache):
    (cache / "icons-1.tgz").write_bytes(b"tgz")
    good = Package("npm", "icons", "1", "icons-1.tgz", sha256_of_bytes(b"tgz"), "MIT")
    other = Package("npm", "icons", "1", "icons-1.tgz", "0" * 64, "MIT")
    accepting = SourceSettings("emoji", "x", packages=(good, other), accept_other_builds=True)
    check_source(accepting)
    first, second = fetch(accepting)
    assert (first["file"], first["package"], "note" in first) == ("icons-1.tgz", "icons", False)
    assert second["note"] == "not the pinned build icons-1.tgz"
    assert (ARCHIVES / "icons-1.tgz").read_bytes() == b"tgz"
