"""The files of conf/pools."""

from __future__ import annotations

import dataclasses

import pytest

from bettersynth.errors import UserError
from bettersynth.settings.pools import ConfirmSettings, PoolsSettings, require_consistent

SETTINGS = PoolsSettings(
    experiment="tiny",
    stats=["text_len"],
    seeds=[0],
    combine=1,
    repeats=[2],
    leave_one_out=False,
)
KNOWN_SEEDS = ConfirmSettings(rules=1, seeds=[0, 5, 6])
FRESH_SEEDS = ConfirmSettings(rules=1, seeds=[5, 6, 7])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stats": [], "repeats": []}, "nothing to run"),
        ({"stats": ["a", "a"]}, "stats names one twice: a, a"),
        ({"repeats": [1]}, "repeats holds 1; the best part once is run anyway"),
        ({"repeats": [2, 2]}, r"repeats holds one twice: \[2, 2\]"),
        ({"combine": 3}, "combine is 3, but stats names 1; give 1 or fewer"),
        ({"overrides": ["seeds=[3]"]}, r"not set seeds: the line seeds .*; leave seeds=\[3\] out"),
        ({"overrides": ["filter.recipe=[]"]}, "filter.recipe: each run has a recipe of its own"),
        ({"overrides": ["+control=random"]}, r"control: every pool .*; leave \+control=random out"),
        ({"overrides": ["++mix.control=random"]}, "mix.control: every pool would be drawn at"),
        ({"overrides": ["experiment=tiny"]}, "experiment: the line experiment says which"),
        ({"overrides": ["mix.visits=9"], "visits": 5}, "mix.visits: the line visits says how"),
        ({"overrides": ["pretrain.visits=9"]}, "pretrain.visits: stage 1 would train as long"),
        ({"stats": [], "leave_one_out": True}, "repeats needs stats"),
        ({"seeds": []}, r"^conf/pools/x\.yaml: seeds must be a list of different"),
        ({"seeds": [0, 1]}, "two seeds show no difference"),
        ({"seeds": [0, 1, 2], "seed_spread": "a"}, "seed_spread is for one seed; seeds has 3"),
        ({"confirm": FRESH_SEEDS}, "confirm needs leave_one_out"),
        ({"leave_one_out": True, "confirm": KNOWN_SEEDS}, "must be fresh, but seeds has 0 too"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(changes, message):
    with pytest.raises(UserError, match=message):
        require_consistent(dataclasses.replace(SETTINGS, **changes), "conf/pools/x.yaml")


def test_what_goes_together_passes():
    confirmed = dataclasses.replace(SETTINGS, leave_one_out=True, confirm=FRESH_SEEDS)
    refused = []
    # the recipe that is taken apart, and the visits of what is confirmed
    own = ["filter.recipe=[]", "mix.visits=9", "+mix.weights={web: 1}"]
    overridden = dataclasses.replace(confirmed, overrides=own, visits=5)
    for settings in (SETTINGS, confirmed, overridden):
        try:
            require_consistent(settings, "conf/pools/x.yaml")
        except UserError as error:
            refused.append(str(error))
    assert refused == []
