import types
from pathlib import Path

import pytest
from support.verb_calls import recorded, typed

from bettersynth.errors import UserError

ROOM = "bettersynth.experiments.browse"


def test_an_experiment_is_served(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    read = recorded(monkeypatch, f"{ROOM}.pairs.read_pairs", ["pairs"])
    looks = recorded(monkeypatch, f"{ROOM}.looks.Looks", "looks")
    difference = recorded(monkeypatch, f"{ROOM}.difference.difference_columns", {"d": 1})
    export = recorded(monkeypatch, f"{ROOM}.export.export_page", Path("page/index.html"))
    serve = recorded(monkeypatch, f"{ROOM}.server.serve")
    typed("browse", "similarity", "--port", "8000", "--no-open", "--person", "Ann")
    typed("browse")
    assert read.calls == [("similarity",), ("workspace",)]
    assert looks.calls[0][1].me == "ann"
    typed("browse", "--export", "page")
    assert export.calls == [("looks", Path("page"))]
    assert difference.calls == []
    assert serve.calls == [("looks", 8000, False), ("looks", 0, True)]


def test_another_experiment_beside_it_adds_its_columns(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    pairs = types.SimpleNamespace(columns={})
    recorded(monkeypatch, f"{ROOM}.pairs.read_pairs", pairs)
    recorded(monkeypatch, f"{ROOM}.looks.Looks", "looks")
    recorded(monkeypatch, f"{ROOM}.server.serve")
    difference = recorded(monkeypatch, f"{ROOM}.difference.difference_columns", {"d": 1})
    typed("browse", "similarity", "--with", "random_same_size")
    assert difference.calls == [(pairs, "random_same_size")]
    assert pairs.columns == {"d": 1}


def test_a_recipe_is_looked_at_instead_of_an_experiment(monkeypatch):
    read = recorded(monkeypatch, f"{ROOM}.run_pairs.read_run_pairs", "its pairs")
    looks = recorded(monkeypatch, f"{ROOM}.looks.Looks", "looks")
    served = recorded(monkeypatch, f"{ROOM}.server.serve")
    typed("browse", "--recipe", "mine.yaml", "--person", "Ann")
    assert read.calls == [(Path("mine.yaml"),)]
    assert looks.calls[0][0] == "its pairs"
    assert served.calls == [("looks", 0, True)]
    with pytest.raises(UserError, match="leave EXPERIMENT and --with out"):
        typed("browse", "similarity", "--recipe", "mine.yaml")
    with pytest.raises(UserError, match="leave EXPERIMENT and --with out"):
        typed("browse", "--recipe", "mine.yaml", "--with", "similarity")
