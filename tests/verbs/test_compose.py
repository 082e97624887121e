"""`bettersynth compose` writes params.yaml once every setting is valid."""

import sys
from pathlib import Path

import pytest
from support.committed import committed_params

from bettersynth import cli
from bettersynth.settings.reading import load_params

ROOT = Path(__file__).parents[2]


@pytest.fixture
def compose(tmp_path, monkeypatch):
    """Return a function that types the verb in a folder with conf/ and dvc.yaml."""
    for name in ("conf", "dvc.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)

    def type_verb(*words: str) -> None:
        monkeypatch.setattr(sys, "argv", ["bettersynth", "compose", *words])
        cli.main()

    return type_verb


def test_params_yaml_is_written_and_goes_back_to_conf(compose, capsys):
    compose("filter.threshold=0.28", "source=emoji")
    params = load_params()
    assert params["filter"]["threshold"] == 0.28
    assert {"image_text_similarity_filter": {"min_score": 0.28}} in params["filter"]["recipe"]
    assert params["source"]["name"] == "emoji"
    compose()
    assert load_params() == committed_params()
    assert capsys.readouterr().out == "wrote params.yaml\n" * 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seeds=3", r"seeds must be a list of different whole numbers .*, not 3"),
        ("seeds=[]", r"seeds must be a list of different whole numbers .*, not \[\]"),
        ("experiment=nosuch", "Could not find 'experiment/nosuch'"),
        ("experiment=similarty", r"Could not find .* \(did you mean similarity\?\)$"),
        ("filter.treshold=0.3", r"Could not override .* \(did you mean filter.threshold\?\)$"),
        ("filter.threshold=high", "filter.threshold must be of type float, not 'high'"),
        ("+mix.bugdet=3", r"mix has no setting bugdet \(did you mean budget\?\)"),
        ("finetune.batch_size=1e400", "params.yaml: finetune.batch_size is inf"),
        ("mix.visits=0", "mix.visits is 0; it must be from 1 to 20,000,000"),
    ],
)
def test_a_refused_override_is_one_line_and_leaves_the_file(compose, override, message):
    Path("params.yaml").write_text("mine: 1\n")
    with pytest.raises(SystemExit, match=f"^error: (.* )?{message}"):
        compose(override)
    assert Path("params.yaml").read_text() == "mine: 1\n"
    assert sorted(path.name for path in Path().iterdir()) == ["conf", "dvc.yaml", "params.yaml"]
