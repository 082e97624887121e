"""conf/ composes as `dvc exp run` composes it; what cannot be composed is one line."""

import shutil
from pathlib import Path

import pytest

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
