from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.recipes.engine.foreign_settings import (
    READ_OVER,
    REFUSED,
    not_obeyed,
    own_settings,
)


def test_data_juicers_defaults_ask_for_nothing():
    defaults = {name: value for name, value in READ_OVER.items() if value is not ...}
    nothing = dict.fromkeys(REFUSED)
    assert not_obeyed({**defaults, **nothing, "project_name": "mine"}) == []
    assert own_settings({**defaults, **nothing, "np": 2}, Path("r.yaml")) == {"np": 2}


def test_other_values_are_named():
    asked = {
        "use_checkpoint": True,
        "skip_op_error": False,
        "checkpoint": {"enabled": True, "n_ops": 2},
        "event_logging": {"enabled": True},
        "turbo": None,
        "process": ["anything"],
    }
    assert not_obeyed(asked) == ["use_checkpoint", "skip_op_error", "checkpoint"]


def test_what_would_change_rows_is_refused():
    with pytest.raises(UserError, match=r"r.yaml: validators \[1\] would change what is read"):
        own_settings({"validators": [1]}, Path("r.yaml"))
