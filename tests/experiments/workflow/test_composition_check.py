"""What DVC lets Hydra compose is checked at once, and told in one line."""

import pytest
from dvc.exceptions import DvcException
from hydra._internal.hydra import Hydra
from support.committed import link_committed_project

from bettersynth.experiments.workflow.compose import compose
from bettersynth.experiments.workflow.composition_check import checked


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return link_committed_project(tmp_path_factory.mktemp("clone") / "project")


@pytest.fixture(autouse=True)
def _as_dvc_composes(monkeypatch, project):
    monkeypatch.chdir(project)
    monkeypatch.setattr(Hydra, "compose_config", checked(Hydra.compose_config))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("filter.treshold=0.3", "filter.treshold=0.3 (did you mean filter.threshold?)"),
        ("caption=non", "vllm (did you mean none?)"),
        ("pretrain.learning_rate=-1", "pretrain.learning_rate is -1.0; it must be from 0 to"),
        ("+nothing=1", "params.yaml: no stage reads nothing; what they read: benchmark,"),
        ("seeds=[]", "seeds must be a list of different whole numbers such as [0, 1, 2], not []"),
    ],
)
def test_a_wrong_name_or_value_ends_it_in_one_line_of_dvcs(override, message, tmp_path):
    with pytest.raises(DvcException) as error:
        compose(tmp_path / "params.yaml", [override])
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert "full_key" not in str(error.value)


def test_from_a_folder_below_the_project_too(monkeypatch, project, tmp_path):
    (project / "deeper").mkdir()
    monkeypatch.chdir(project / "deeper")
    compose(tmp_path / "params.yaml", ["filter.threshold=0.3"], "../conf")
    assert "threshold: 0.3" in (tmp_path / "params.yaml").read_text()
