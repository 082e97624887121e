"""How processes start."""

import pytest
from support.default_settings import default_params

from bettersynth.errors import UserError
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.reading import read_settings


def test_processes_are_a_number_or_one_a_gpu():
    for processes in (4, None):
        section = default_params(launch={"processes": processes})["launch"]
        assert read_settings(LaunchSettings, section, "launch").processes == processes


def test_there_are_two_launchers():
    section = default_params(launch={"launcher": "mpirun"})["launch"]
    with pytest.raises(UserError, match="launcher is 'mpirun'; allowed: torchrun, deepspeed"):
        read_settings(LaunchSettings, section, "launch")


def test_an_engine_that_cannot_be_used_is_refused_when_the_settings_are_read(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for launch, told in (
        ({"engine": "ray"}, "needs the package ray"),
        ({"address": "HOST:6379"}, "address HOST:6379 is that of a Ray cluster"),
        ({"address": ""}, "address is empty; name a Ray cluster"),
        ({"address": "me:hunter2@HOST:1"}, "^address holds a user or password"),
        ({"engine": "spark"}, "engine is 'spark'; allowed: local, ray"),
    ):
        section = default_params(launch=launch)["launch"]
        with pytest.raises(UserError, match=told):
            read_settings(LaunchSettings, section, "launch")


def test_torchrun_reads_no_hostfile():
    section = default_params(launch={"hostfile": "hosts"})["launch"]
    with pytest.raises(UserError, match=r"launch.hostfile needs launch.launcher=deepspeed"):
        read_settings(LaunchSettings, section, "launch")
