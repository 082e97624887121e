"""The files of conf/pools."""

from __future__ import annotations

import dataclasses

import pytest

from bettersynth.errors import UserError
from bettersynth.settings.pools import PoolsSettings, require_consistent

SETTINGS = PoolsSettings(
    experiment="tiny",
    stats=["text_len"],
    seeds=[0],
    combine=1,
    repeats=[2],
    leave_one_out=False,
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stats": [], "repeats": []}, "nothing to run"),
        ({"stats": ["a", "a"]}, "stats names one twice: a, a"),
        ({"repeats": [1]}, "repeats holds 1; the best pool once is run anyway"),
        ({"stats": [], "leave_one_out": True}, "repeats needs stats"),
        ({"seeds": []}, "seeds must be a list of different whole numbers"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(changes, message):
    with pytest.raises(UserError, match=message):
        require_consistent(dataclasses.replace(SETTINGS, **changes), "conf/pools/x.yaml")


def test_what_goes_together_passes():
    require_consistent(SETTINGS, "conf/pools/x.yaml")
