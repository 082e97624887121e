"""How a score stands to guessing."""

from __future__ import annotations

from bettersynth.data.tables.items import CHOICE_PROTOCOLS
from bettersynth.evaluation.scoring.guessing import chance_name, verdict


def test_an_interval_beats_misses_or_holds_the_guess():
    assert verdict(30, 40, 25) == "beats"
    assert verdict(10, 20, 25) == "does not beat"
    assert verdict(20, 30, 25) == verdict(25, 30, 25) == "is not told from"


def test_every_protocol_has_a_chance_level():
    names = {chance_name(protocol) for protocol in CHOICE_PROTOCOLS}
    assert names == {"likelihood", "circular", "vanilla"}
