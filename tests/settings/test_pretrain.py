"""Stage 1's starts."""

import pytest
from support.default_settings import default_settings, read_changed

from bettersynth.errors import UserError
from bettersynth.settings.training import TrainingSettings


@pytest.mark.parametrize("changes", [{"restarts": 0}, {"restart_steps": 0}])
def test_starts_that_train_nothing_are_refused(changes):
    with pytest.raises(UserError, match="pretrain.restart.* is 0; it must be from 1 to"):
        read_changed("pretrain", **changes)


def test_stage_one_is_trained_as_both_stages_are():
    assert isinstance(default_settings("pretrain"), TrainingSettings)
