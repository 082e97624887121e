"""conf/ composes as `dvc exp run` composes it; what cannot be composed is one line."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.errors import HydraException
from support.no_files import NO_FILES, put

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import compose, composed
from bettersynth.experiments.workflow.experiment import experiment_names

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", experiment_names(ROOT / "conf"))
def test_an_experiment_composes_and_opens_with_its_command(name):
    params = composed([f"experiment={name}"], ROOT / "conf")
    assert set(params) >= {"seeds", "filter", "mix", "pretrain"}
    text = (ROOT / f"conf/experiment/{name}.yaml").read_text()
    assert f"snakemake results/{name}/score.json" in text


def test_one_word_chooses_the_scale():
    params = composed(["scale=mgm_2b_dry"], ROOT / "conf")
    assert params["model"]["language_model"] == "data/archives/challenge/models/gemma-2b-it"
    assert params["pretrain"]["batch_size"] == 4
    assert params["seeds"] == [0]


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_number_that_is_none_is_told_by_its_setting_and_no_temporary_file(value):
    with pytest.raises(UserError, match=r"^params.yaml: filter.threshold is (nan|inf); numbers"):
        composed([f"filter.threshold={value}"], ROOT / "conf")


def test_a_group_can_still_be_chosen_beside_the_scale():
    params = composed(["scale=mgm_2b_dry", "score=nano", "seeds=[7]"], ROOT / "conf")
    assert params["score"]["mmbench_protocol"] == "likelihood"
    assert params["seeds"] == [7]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("source=no_such_source", "Could not find 'source/no_such_source' Available options"),
        (
            "experiment=nosuch",
            "Could not find 'experiment/nosuch' Available options in 'exp.*clean",
        ),
        ("scale=huge", "Could not find 'scale/huge' Available options in 'scale': mgm_2b"),
        ("mix.vists=3", "Could not override 'mix.vists'"),
        ("=3", "Config group override must be a string or a list"),
    ],
)
def test_what_does_not_exist_is_one_clear_error(tmp_path, override, message):
    with pytest.raises(UserError, match=message) as error:
        compose(tmp_path / "params.yaml", [override], ROOT / "conf")
    assert "search path" not in str(error.value)
    assert not (tmp_path / "params.yaml").exists()


@pytest.mark.parametrize("content", [b"filter: [\n", b"# caf\xe9\n"])
def test_a_broken_conf_file_is_one_clear_error(tmp_path, content):
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    (tmp_path / "conf/experiment/broken.yaml").write_bytes(content)
    with pytest.raises(UserError) as error:
        compose(tmp_path / "params.yaml", ["experiment=broken"], tmp_path / "conf")
    assert "\n" not in str(error.value)


def test_where_hydra_says_nothing_its_cause_is_told(tmp_path, monkeypatch):
    def refuse(*_):
        # as of a key `null:`
        raise HydraException() from ValueError("Incompatible key type 'NoneType'")

    monkeypatch.setattr("dvc.utils.hydra.compose_and_dump", refuse)
    with pytest.raises(UserError, match="Incompatible key type 'NoneType'"):
        compose(tmp_path / "params.yaml", [], ROOT / "conf")


@pytest.mark.parametrize(
    ("of", "watched"),
    [
        ("all", "models/captioner"),
        ("kept", "data/filter/decisions.parquet"),
        ("dropped", "data/filter/decisions.parquet"),
    ],
)
def test_dvc_watches_the_decisions_where_they_say_who_is_captioned(of, watched):
    params = composed([f"caption.of={of}"], ROOT / "conf")
    assert params["watched"]["caption"]["decisions"] == watched


@pytest.mark.parametrize("seeds", ["3", "[]", "[1,1]", '["0; touch X; #"]'])
def test_seeds_that_make_no_stages_are_refused_before_dvc_looks_at_them(seeds):
    with pytest.raises(UserError, match=r"seeds must be a list of different whole numbers"):
        composed([f"seeds={seeds}"], ROOT / "conf")


@pytest.mark.parametrize("value", ["${oc.env:KEY}", "${oc.env:KEY,nothing}", "x-${env:KEY}"])
def test_no_setting_takes_its_value_from_the_environment(tmp_path, value):
    # in a process of its own: Hydra looks for plugins once
    program = (
        "import sys; from bettersynth.experiments.workflow.compose import compose\n"
        "compose(sys.argv[1], [f'score.baseline={sys.argv[2]}'])\n"
    )
    output = tmp_path / "params.yaml"
    done = subprocess.run(
        [sys.executable, "-c", program, str(output), value],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src"), "KEY": "secret"},
        capture_output=True,
        text=True,
    )
    assert "a setting may not be taken from the environment (KEY)" in done.stderr
    assert "secret" not in done.stdout
    assert not output.exists()


def test_dvc_loads_the_same_plugins():
    assert "plugins_path = workflow" in (ROOT / ".dvc/config").read_text()


def test_a_file_of_any_name_is_written_as_params_yaml_is(tmp_path):
    compose(tmp_path / "params.yaml", [], ROOT / "conf")
    compose(tmp_path / "other.tmp", [], ROOT / "conf")
    assert (tmp_path / "other.tmp").read_bytes() == (tmp_path / "params.yaml").read_bytes()


def test_a_conf_file_or_override_that_is_nested_too_deeply_is_one_line(tmp_path):
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    (tmp_path / "conf/experiment/deep.yaml").write_text("a: " + "[" * 3000 + "]" * 3000)
    with pytest.raises(UserError, match=r"deep\.yaml line 1: nested deeper than 64 levels"):
        compose(tmp_path / "params.yaml", ["experiment=deep"], tmp_path / "conf")
    with pytest.raises(UserError, match="more than 64 brackets in an override"):
        compose(tmp_path / "params.yaml", ["filter=" + "[" * 3000 + "]" * 3000], ROOT / "conf")
    assert not (tmp_path / "params.yaml").exists()


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_conf_file_is_told(tmp_path, kind):
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    put(kind, tmp_path / "conf/mix/nano.yaml")
    with pytest.raises(UserError, match=f"conf/mix/nano.yaml is {NO_FILES[kind]}; it must be a"):
        composed(conf=tmp_path / "conf")
