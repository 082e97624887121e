import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.no_files import NO_FILES, put
from support.small_pipeline import DVC_YAML, PARAMS

from bettersynth.errors import UserError
from bettersynth.experiments.workflow import stage_inputs
from bettersynth.settings.reading import load_params, release_params

ENTRIES = """\
stages:
  stats:
    foreach: ${watched.stats}
    do:
      cmd: x
      params: ["stats.${key}"]
      deps: ["${item.path}", "operators/${item.operator}.py"]
"""
MATRIX = """
stages:
  predict:
    matrix: {seed: "${seeds}", benchmark: [mmbench, textvqa]}
    params: [predict, "stats.${item.benchmark}"]
    deps: ["models/${item.seed}", "${model.folder}"]
"""


@pytest.fixture
def step(tmp_path, monkeypatch):
    """The first stage of the small pipeline is what this process runs."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS)
    Path("dvc.yaml").write_text(DVC_YAML)
    Path("data.txt").write_text("data\n")
    monkeypatch.setenv("DVC_STAGE", "train@0")
    spec = SimpleNamespace(name="bettersynth.steps.train")
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", spec, raising=False)
    yield
    release_params()


def test_the_settings_and_dependencies_of_a_stage_are_noted(step):
    inputs = stage_inputs.read_stage_inputs()
    assert inputs.name == "train@0"
    assert inputs.settings == {"train": {"rate": 0.0003}}
    assert list(inputs.marks) == ["data.txt"]
    assert stage_inputs.require_unchanged(inputs) is None


def test_outside_of_dvc_and_in_other_programs_nothing_is(step, monkeypatch):
    monkeypatch.setenv("DVC_STAGE", "other@0")
    assert stage_inputs.read_stage_inputs() is None
    monkeypatch.delenv("DVC_STAGE")
    assert stage_inputs.read_stage_inputs() is None


def test_settings_are_read_once_and_a_change_ends_the_stage(step):
    inputs = stage_inputs.read_stage_inputs()
    Path("params.yaml").write_text(PARAMS.replace("0.0003", "0.005"))
    assert load_params()["train"]["rate"] == 0.0003
    message = r"^params.yaml: train.rate changed from 0.0003 to 0.005 while train@0 ran; nothing is"
    with pytest.raises(UserError, match=message):
        stage_inputs.require_unchanged(inputs)


def test_a_change_in_what_the_stage_does_not_read_is_no_matter(step):
    inputs = stage_inputs.read_stage_inputs()
    Path("params.yaml").write_text(PARAMS.replace("other: 1", "other: 2"))
    assert stage_inputs.require_unchanged(inputs) is None


def test_a_file_that_is_cut_short_or_gone_ends_the_stage(step):
    inputs = stage_inputs.read_stage_inputs()
    for content in ("", "train: {", "train:\n"):
        Path("params.yaml").write_text(content)
        with pytest.raises(UserError):
            stage_inputs.require_unchanged(inputs)
    Path("params.yaml").unlink()
    with pytest.raises(UserError):
        stage_inputs.require_unchanged(inputs)


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_told_before_a_stage_and_behind_it(step, kind):
    for name in ("params.yaml", "dvc.yaml"):
        release_params()
        before = Path(name).read_bytes()
        put(kind, Path(name))
        with pytest.raises(
            UserError, match=f"^{name} is {NO_FILES[kind]}; it must be a file: move"
        ):
            stage_inputs.read_stage_inputs()
        put("folder", Path(name))
        Path(name).rmdir()
        Path(name).write_bytes(before)
    inputs = stage_inputs.read_stage_inputs()
    put(kind, Path("params.yaml"))
    with pytest.raises(UserError, match=f"^params.yaml is {NO_FILES[kind]}; it must be a file: mo"):
        stage_inputs.require_unchanged(inputs)


@pytest.mark.parametrize("kind", ["pipe", "device", "loop"])
def test_a_dependency_that_is_no_file_is_told(step, kind):
    put(kind, Path("data.txt"))
    with pytest.raises(UserError, match=f"^data.txt is {NO_FILES[kind]}; it must be a file or a f"):
        stage_inputs.read_stage_inputs()


def test_data_that_changes_meanwhile_ends_the_stage(step):
    inputs = stage_inputs.read_stage_inputs()
    Path("data.txt").write_text("other\n")
    with pytest.raises(UserError, match=r"^data.txt changed while train@0 ran"):
        stage_inputs.require_unchanged(inputs)


def test_code_is_known_by_its_bytes_and_folders_by_their_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("src/room").mkdir(parents=True)
    Path("src/room/a.py").write_text("a = 1\n")
    code = stage_inputs.mark_of("src/room")
    os.utime("src/room/a.py", (1, 1))
    assert stage_inputs.mark_of("src/room") == code
    Path("src/room/a.py").write_text("a = 2\n")
    assert stage_inputs.mark_of("src/room") != code
    Path("data").mkdir()
    empty = stage_inputs.mark_of("data")
    Path("data/new").write_text("")
    assert stage_inputs.mark_of("data") not in (empty, stage_inputs.mark_of("nowhere"))


def test_templates_are_filled_as_dvc_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text(MATRIX)
    params = {"predict": 1, "stats": {"mmbench": 2}, "model": {"folder": "m"}}
    settings = stage_inputs.stage_settings("predict@0-mmbench", params)
    assert settings == {"predict": 1, "stats.mmbench": 2}


def test_a_template_may_name_a_part_of_an_entry(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text(ENTRIES)
    entry = {"path": "data.txt", "operator": "words_num_filter"}
    params = {"watched": {"stats": {"words": entry}}, "stats": {"words": 1}}
    body, values = stage_inputs.declared_stage("stats@words", params)
    paths = [stage_inputs.filled(template, values, params) for template in body["deps"]]
    assert paths == ["data.txt", "operators/words_num_filter.py"]
