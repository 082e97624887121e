from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from support.default_settings import default_params
from support.small_archives import picture_bytes

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.reading import read_json
from bettersynth.data.sources import fetching
from bettersynth.data.sources.better_synth import download
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import compose
from bettersynth.settings import source as source_settings
from bettersynth.steps import fetch

ROOT = Path(__file__).parents[2]
PACKAGE = {
    "registry": "npm",
    "name": "icons",
    "version": "1",
    "file": "icons-1.tgz",
    "sha256": sha256_of_bytes(b"tgz"),
    "licence": "MIT",
}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    # asks git once, which is hidden below with all that could download
    default_params(source={})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache/archives").mkdir(parents=True)
    (tmp_path / "cache/archives/icons-1.tgz").write_bytes(b"tgz")


def run(**source):
    Path("params.yaml").write_text(
        yaml.safe_dump(
            default_params(
                source={"name": "emoji", "file": "x.yaml", "packages": [PACKAGE]} | source
            )
        )
    )
    fetch.main()
    return read_json("data/archives/manifest.json")


def test_the_manifest_names_every_file_with_hash_and_licence():
    entry = {
        "file": "icons-1.tgz",
        "bytes": 3,
        "sha256": PACKAGE["sha256"],
        "package": "icons",
        "version": "1",
        "licence": "MIT",
    }
    assert run() == {"source": "emoji", "files": [entry]}
    assert Path("data/archives/icons-1.tgz").read_bytes() == b"tgz"
    first = Path("data/archives/manifest.json").read_bytes()
    run()
    assert Path("data/archives/manifest.json").read_bytes() == first


def test_another_build_is_noted_in_the_manifest():
    changed = PACKAGE | {"registry": "apt", "sha256": "0" * 64}
    with pytest.raises(UserError, match="another build"):
        run(packages=[changed])
    assert (
        run(packages=[changed], accept_other_builds=True)["files"][0]["note"]
        == "not the pinned build icons-1.tgz"
    )


def test_a_mistake_in_the_users_pairs_is_told_before_anything_is_fetched():
    Path("pairs.jsonl").write_text(
        json.dumps({"id": 1, "text": "x", "images": ["../../etc/passwd"]})
    )
    with pytest.raises(
        UserError, match=r"pairs\.jsonl line 1: images\[0\] '\.\./\.\./etc/passwd' lies outside"
    ):
        run(
            name="jsonl",
            file="pairs.jsonl",
            images=".",
            packages=[PACKAGE | {"name": "not there", "file": "none.tgz"}],
        )


def test_the_users_pairs_bring_the_embedded_packages_unless_told_otherwise():
    Path("a.png").write_bytes(picture_bytes(1))
    Path("pairs.jsonl").write_text(json.dumps({"id": 1, "text": "x", "images": ["a.png"]}))
    own = {"name": "jsonl", "file": "pairs.jsonl", "images": "."}
    assert [entry["package"] for entry in run(**own)["files"]] == ["icons"]
    assert run(**own, embedded=False)["files"] == []


def test_the_challenges_files_are_fetched_unpacked_and_recorded(tmp_path, monkeypatch):
    import io
    import tarfile

    with tarfile.open("cache/archives/seed.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("images/1.png")
        data = picture_bytes(1)
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    pairs = json.dumps({"id": 1, "text": "x", "images": ["images/1.png"]})
    (tmp_path / "cache/archives/seed.jsonl").write_text(pairs)
    asked = []
    monkeypatch.setattr(
        fetching,
        "download",
        lambda base, wanted, folder: (
            asked.append((base, wanted.address)) or download(base, wanted, folder)
        ),
    )
    manifest = run(
        name="better_synth",
        images="data/archives/images_of_seed",
        base_address="http://127.0.0.1:1/seed",
        pairs={"address": "data/seed.jsonl"},
        archive={"address": "data/seed.tar.gz", "sha256": None},
        embedded=False,
    )
    assert [entry["file"] for entry in manifest["files"]] == ["seed.jsonl", "seed.tar.gz"]
    assert manifest["files"][0]["sha256"] == sha256_of_bytes(pairs.encode())
    assert Path("data/archives/images_of_seed/images/1.png").is_file()
    assert Path("data/archives/seed.jsonl").read_text() == pairs
    assert asked == [
        ("http://127.0.0.1:1/seed", "data/seed.jsonl"),
        ("http://127.0.0.1:1/seed", "data/seed.tar.gz"),
    ]


def test_an_unknown_setting_is_named_with_the_valid_ones():
    with pytest.raises(
        UserError,
        match=(
            r"source has no setting packges \(did you mean packages\?\); its settings are: "
            r"accept_other_builds"
        ),
    ):
        run(packges=[])


@pytest.mark.parametrize("name", ["clipart", "clipart_styles", "emoji", "jsonl", "better_synth"])
def test_the_conf_of_a_source_is_valid_and_pins_every_package(name, tmp_path):
    compose(tmp_path / "composed.yaml", [f"source={name}"], ROOT / "conf")
    source = source_settings.read_source(yaml.safe_load((tmp_path / "composed.yaml").read_text()))
    # more of the same source
    assert source.name == name.removesuffix("_styles")
    assert {package.registry for package in source.packages} == (
        {"npm"} if name == "emoji" else {"apt", "npm"}
    )
    assert all(len(package.sha256) == 64 and package.licence for package in source.packages)
    assert source.own_pairs == (name in ("jsonl", "better_synth"))


def test_files_in_miniature_are_made_under_the_archives_alone_and_are_the_same_bytes_again(
    tmp_path,
):
    pairs, archive = (
        {"address": "data/stage_1/mgm_pretrain_stage_1.jsonl"},
        {"address": "data/stage_1/pretrain_stage_1.tar.gz"},
    )
    source = {
        "name": "better_synth",
        "embedded": False,
        "base_address": "http://nowhere",
        "pairs": pairs,
        "archive": archive,
    }
    source["images"] = "data/archives/better_synth"
    with pytest.raises(
        UserError, match=r"source\.miniature is elsewhere; it must lie under data/archives"
    ):
        run(**source, miniature="elsewhere")
    manifests = [run(**source, miniature="data/archives/challenge") for _ in range(2)]
    assert manifests[0] == manifests[1]
    assert [entry["file"] for entry in manifests[0]["files"]] == [
        "mgm_pretrain_stage_1.jsonl",
        "pretrain_stage_1.tar.gz",
    ]
    assert Path("data/archives/challenge/models/gemma-2b-it/model.safetensors").is_file()
    assert not list(Path("cache/archives").glob("pretrain_stage_1*")), (
        "the real downloads' names stay free"
    )


def test_the_source_of_more_styles_is_clipart_with_two_packages(tmp_path):
    read = {}
    for name in ("clipart", "clipart_styles"):
        compose(tmp_path / name, [f"source={name}"], ROOT / "conf")
        read[name] = source_settings.read_source(yaml.safe_load((tmp_path / name).read_text()))
    default, more = read["clipart"], read["clipart_styles"]
    assert more.packages[: len(default.packages)] == default.packages
    assert list(default.types_in("pool")) == ["openclipart", "tuxpaint", "openmoji", "fluent"]
    further = list(more.types_in("pool"))[len(default.types_in("pool")) :]
    assert further == ["emojione", "fluent-flat"]
