"""DVC parses a text once, and whoever changes what it was given changes it for nobody else."""

import pytest
from dvc.utils import strictyaml
from dvc.utils.serialize import _yaml

from bettersynth.experiments.workflow.parsed_once import parse_each_text_once


@pytest.fixture
def parsed(monkeypatch):
    """The texts that DVC's own function is asked for, while it is replaced."""
    texts = []
    own = _yaml.parse_yaml

    def parse(text, path, typ="safe"):
        texts.append(text)
        return own(text, path, typ)

    for module in (_yaml, strictyaml):
        monkeypatch.setattr(module, "parse_yaml", parse)
    parse_each_text_once()
    return texts


def test_the_same_text_is_parsed_once_and_handed_out_as_copies(parsed, tmp_path):
    params = tmp_path / "params.yaml"
    params.write_text("seeds: [0]\n")
    _yaml.load_yaml(params)["seeds"].append(1)
    assert _yaml.load_yaml(params) == {"seeds": [0]}
    assert parsed == ["seeds: [0]\n"]
    params.write_text("seeds: [2]\n")
    assert _yaml.load_yaml(params) == {"seeds": [2]}


def test_comments_are_kept_where_dvc_writes_the_file_again(parsed, tmp_path):
    for _ in range(2):
        assert strictyaml.parse_yaml("# why\na: 1\n", "a.yaml", typ="rt").ca.comment
    assert len(parsed) == 2


def test_it_is_replaced_once(parsed):
    replaced = _yaml.parse_yaml
    parse_each_text_once()
    assert _yaml.parse_yaml is replaced
