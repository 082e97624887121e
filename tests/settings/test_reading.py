from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from bettersynth.errors import UserError
from bettersynth.settings.reading import (
    hold_params,
    load_params,
    read_settings,
    release_params,
)


@dataclass(frozen=True)
class Inner:
    rate: float = 0.5


@dataclass(frozen=True)
class Settings:
    visits: int
    name: str = "nano"
    inner: Inner = field(default_factory=Inner)
    limit: int | None = None
    sizes: tuple[int, ...] = ()


def test_values_defaults_and_nested_settings_are_read():
    settings = read_settings(
        Settings, {"visits": 3, "inner": {"rate": 1}, "sizes": [1, 2]}, "params.yaml: mix"
    )
    assert settings == Settings(visits=3, inner=Inner(rate=1.0), sizes=(1, 2))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"visits": 3, "vists": 4},
            (
                "params.yaml: mix has no setting vists (did you mean visits?); its settings are: "
                "inner, limit, name, sizes, visits"
            ),
        ),
        ({}, "params.yaml: mix lacks the setting visits"),
        ({"visits": "three"}, "params.yaml: mix.visits must be of type int, not 'three'"),
        ({"visits": True}, "params.yaml: mix.visits must be of type int, not True"),
        (
            {"visits": 1, "inner": {"speed": 2}},
            "params.yaml: mix.inner has no setting speed; its settings are: rate",
        ),
        ([1], "params.yaml: mix must be a mapping of settings"),
    ],
)
def test_a_wrong_setting_is_named_with_the_valid_ones(values, message):
    with pytest.raises(UserError) as error:
        read_settings(Settings, values, "params.yaml: mix")
    assert str(error.value).startswith(message)


def test_a_missing_or_broken_params_file_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="bettersynth compose"):
        load_params(tmp_path / "params.yaml")
    for content, message in (
        (b"a: [1", "not valid YAML"),
        (b"a: caf\xe9", "not UTF-8 text: unexpected end of data at byte 6"),
        (b"a: " + b"1" * 5000, "not valid YAML: Exceeds the limit"),
        (b"- a", "holds no settings"),
    ):
        (tmp_path / "params.yaml").write_bytes(content)
        with pytest.raises(UserError, match=message):
            load_params(tmp_path / "params.yaml")


def test_held_params_are_read_once_until_they_are_released(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = Path("params.yaml")
    file.write_text("a: 1\n")
    try:
        assert hold_params(file) == b"a: 1\n"
        file.write_text("a: 2\n")
        assert load_params() == {"a": 1}
        assert load_params(tmp_path / "params.yaml") == {"a": 1}
    finally:
        release_params()
    assert load_params() == {"a": 2}


@dataclass(frozen=True)
class Bounded:
    BOUNDS: ClassVar = {"share": (0, 1), "visits": (1, 1_000)}

    share: float | None
    visits: int
    seed: int = 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"share": 1.5}, "s.share is 1.5; it must be from 0 to 1"),
        ({"visits": 1_001}, "s.visits is 1001; it must be from 1 to 1,000"),
        ({"seed": -1}, "s.seed is -1; it must be from 0 to 4,294,967,295"),
        ({"visits": 10**400}, "s.visits is a whole number of 1329 bits; 63 are allowed"),
        ({"share": 10**400}, "s.share is a whole number of 1329 bits; 63 are allowed"),
    ],
)
def test_numbers_out_of_their_bounds_are_one_line(values, message):
    with pytest.raises(UserError, match=message):
        read_settings(Bounded, {"share": 0, "visits": 1, **values}, "s")


def test_what_is_in_its_bounds_or_absent_passes():
    assert read_settings(Bounded, {"share": None, "visits": 1_000}, "s").share is None
