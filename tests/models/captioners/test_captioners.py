"""A captioner is the file of its name, and its settings are read without torch."""

import subprocess
import sys

import pytest

from bettersynth.errors import UserError
from bettersynth.models.captioners import captioner_module, captioner_names

LIGHT = """
import sys
from bettersynth.models.captioners import captioner_module, captioner_names
for name in captioner_names():
    captioner_module(name, "here").Settings
print([heavy for heavy in ("torch", "transformers", "diffusers") if heavy in sys.modules])
"""


def test_every_captioner_has_what_the_protocol_asks_for():
    assert {"blip", "nano_prefix", "none", "openai_endpoint"} <= set(captioner_names())
    for name in captioner_names():
        module = captioner_module(name, "here")
        assert callable(module.load) and callable(module.model_hash)
        assert module.Settings.__dataclass_params__.frozen


def test_an_unknown_captioner_is_named_with_the_known_ones():
    with pytest.raises(UserError, match="here: there is no captioner bip; captioners: blip, "):
        captioner_module("bip", "here")


def test_settings_are_read_without_anything_heavy():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
