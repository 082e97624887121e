"""Stage 1's starts."""

import pytest
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.settings.training import TrainingSettings


@pytest.mark.parametrize("changes", [{"restarts": 0}, {"restart_steps": 0}])
def test_starts_that_train_nothing_are_refused(changes):
    with pytest.raises(UserError, match="pretrain.restarts is .*; both must be 1 or more"):
        default_settings("pretrain", **changes)


def test_stage_one_is_trained_as_both_stages_are():
    assert isinstance(default_settings("pretrain"), TrainingSettings)
