"""A Ray cluster to work with: what is told where there is none."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring import ray_cluster


@pytest.fixture
def address(monkeypatch):
    """Where somebody listens who is no cluster."""
    # what `connect` sets there is taken back
    monkeypatch.setenv("RAY_NUM_REDIS_GET_RETRIES", "1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("nowhere", ["{free}", "[::1]:1", "no-such-host.invalid:6379", "h:99999"])
def test_an_address_where_nobody_listens_is_told_at_once(monkeypatch, nowhere):
    def never(**_):
        raise AssertionError("Ray was asked")

    monkeypatch.setenv("RAY_NUM_REDIS_GET_RETRIES", "1")
    monkeypatch.setitem(
        sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False, init=never)
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = f"127.0.0.1:{server.getsockname()[1]}"
    start = time.monotonic()
    with pytest.raises(UserError, match=r"no Ray cluster at .*: nobody answers there \(.+\)"):
        ray_cluster.connect(nowhere.format(free=free))
    assert time.monotonic() - start < ray_cluster.ANSWER_SECONDS


def test_a_password_in_an_address_is_not_printed(monkeypatch):
    def refuse(**settings):
        raise ValueError(f"Invalid Ray address: {settings['address']!r}")

    monkeypatch.setenv("RAY_NUM_REDIS_GET_RETRIES", "1")
    no_cluster = SimpleNamespace(is_initialized=lambda: False, init=refuse)
    monkeypatch.setitem(sys.modules, "ray", no_cluster)
    with pytest.raises(UserError, match="at http://host:1: Invalid Ray address: 'http://host") as e:
        ray_cluster.connect("http://me:hunter2@host:1")
    assert "hunter2" not in str(e.value)


def test_no_cluster_at_an_address_is_one_line(monkeypatch, address):
    def refuse(**_):
        raise ConnectionError("cannot reach it\nand a traceback")

    no_cluster = SimpleNamespace(is_initialized=lambda: False, init=refuse)
    monkeypatch.setitem(sys.modules, "ray", no_cluster)
    told = f"no Ray cluster at {address}: cannot reach it; start one"
    for mode, has_hint in (("disabled", True), ("token", False)):
        monkeypatch.setenv("RAY_AUTH_MODE", mode)
        with pytest.raises(UserError, match=told) as error:
            ray_cluster.connect(address)
        assert ("export RAY_AUTH_MODE=token" in str(error.value)) == has_hint


def test_an_error_without_words_is_named(monkeypatch, address):
    def refuse(**_):
        raise TimeoutError

    no_cluster = SimpleNamespace(is_initialized=lambda: False, init=refuse)
    monkeypatch.setitem(sys.modules, "ray", no_cluster)
    with pytest.raises(UserError, match=f"no Ray cluster at {address}: TimeoutError; start one"):
        ray_cluster.connect(address)


@pytest.mark.skipif(sys.platform != "linux", reason="a program that fails lies elsewhere")
def test_a_cluster_that_does_not_start_is_tried_again_then_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "of-this-test")
    started = subprocess.Popen

    def beside_lance(*words, **settings):
        # as Lance does before each fork
        warnings.warn("lance is not fork-safe. Use spawn", UserWarning, stacklevel=1)
        return started(*words, **settings)

    monkeypatch.setattr(subprocess, "Popen", beside_lance)
    with pytest.raises(UserError, match="no Ray cluster starts on this machine; use engine: local"):
        ray_cluster.connect(None)
    assert capsys.readouterr().err.count("did not start: once more") == ray_cluster.STARTS - 1
    assert not list(Path(tmp_path).iterdir())
