"""Adapters as a section asks for them."""

import pytest

from bettersynth.errors import UserError
from bettersynth.settings.lora import Lora
from bettersynth.settings.reading import read_settings


def test_an_empty_section_is_enough_to_try_adapters():
    assert read_settings(Lora, {}, "x") == Lora(rank=16, alpha=32.0, bits=None)


@pytest.mark.parametrize("setting", ["rank: 0", "dropout: 1.5", "bits: 3", "quant_type: int4"])
def test_what_no_adapter_can_be_is_refused(setting):
    name, value = setting.split(": ")
    number = float(value) if value.replace(".", "").isdecimal() else value
    with pytest.raises(UserError, match=f"x.{name}"):
        read_settings(Lora, {name: int(number) if number in (0, 3) else number}, "x")
