"""A Ray cluster to work with: what is told where there is none."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring import ray_cluster


def test_no_cluster_at_an_address_is_one_line(monkeypatch):
    def refuse(**_):
        raise ConnectionError("cannot reach it\nand a traceback")

    no_cluster = SimpleNamespace(is_initialized=lambda: False, init=refuse)
    monkeypatch.setitem(sys.modules, "ray", no_cluster)
    with pytest.raises(UserError, match="no Ray cluster at HOST:1: cannot reach it; start one"):
        ray_cluster.connect("HOST:1")


def test_an_error_without_words_is_named(monkeypatch):
    def refuse(**_):
        raise TimeoutError

    no_cluster = SimpleNamespace(is_initialized=lambda: False, init=refuse)
    monkeypatch.setitem(sys.modules, "ray", no_cluster)
    with pytest.raises(UserError, match="no Ray cluster at HOST:1: TimeoutError; start one"):
        ray_cluster.connect("HOST:1")


@pytest.mark.skipif(sys.platform != "linux", reason="a program that fails lies elsewhere")
def test_a_cluster_that_does_not_start_is_tried_again_then_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "of-this-test")
    with pytest.raises(UserError, match="no Ray cluster starts on this machine; use engine: local"):
        ray_cluster.connect(None)
    assert capsys.readouterr().err.count("did not start: once more") == ray_cluster.STARTS - 1
    assert not list(Path(tmp_path).iterdir())
