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


def test_a_run_that_goes_on_from_a_projector_has_one_start():
    assert read_changed("pretrain", projector="p.safetensors").projector == "p.safetensors"
    with pytest.raises(UserError, match="restarts is 3, but a run that goes on .* set it to 1"):
        read_changed("pretrain", projector="p.safetensors", restarts=3)
