"""What fetching needs of the settings is checked first, and entries come file by file."""

from pathlib import Path

import pytest
from support.default_settings import default_settings

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.sources.fetching import check_source, fetch
from bettersynth.data.tables.archives import ARCHIVES
from bettersynth.errors import UserError
from bettersynth.settings.one_source import Download
from bettersynth.settings.source import Package


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
            default_settings("source", name="emoji", file="x", packages=()),
            "packages is empty; emoji needs the packages of conf/source",
        ),
        (
            default_settings("source", name="better_synth", file="x", packages=()),
            "must give base_address, pairs and archive",
        ),
        (
            default_settings(
                "source",
                name="better_synth",
                file="x",
                base_address="http://nowhere",
                pairs=Download("a"),
                archive=Download("b"),
                miniature=Path("elsewhere"),
                packages=(),
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
    accepting = default_settings(
        "source", name="emoji", file="x", packages=(good, other), accept_other_builds=True
    )
    check_source(accepting)
    first, second = fetch(accepting)
    assert (first["file"], first["package"], "note" in first) == ("icons-1.tgz", "icons", False)
    assert second["note"] == "not the pinned build icons-1.tgz"
    assert (ARCHIVES / "icons-1.tgz").read_bytes() == b"tgz"
