"""Where pairs come from, and which packages a run fetches."""

import pytest
from support.default_settings import default_params, default_settings

from bettersynth.errors import UserError
from bettersynth.settings.one_source import Download
from bettersynth.settings.source import read_source


def test_packages_are_fetched_for_nanos_pictures_alone():
    source = default_settings("source")
    assert not source.own_pairs
    assert len(source.wanted_packages) == 7
    own = default_settings("source", name="jsonl")
    assert own.own_pairs
    assert own.wanted_packages == source.packages
    assert default_settings("source", name="better_synth", embedded=False).wanted_packages == ()


def test_a_download_is_called_as_its_address_ends():
    assert Download("data/stage_1/pairs.jsonl").file == "pairs.jsonl"


def test_a_source_that_is_not_there_is_one_line():
    params = default_params(source={"name": "laion"})
    with pytest.raises(UserError, match="source.name is 'laion'; allowed: clipart, emoji, jsonl"):
        read_source(params)
