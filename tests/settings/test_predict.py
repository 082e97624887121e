"""How benchmarks are answered."""

import pytest
from support.default_settings import default_params

from bettersynth.errors import UserError
from bettersynth.settings.predict import PredictSettings
from bettersynth.settings.reading import read_settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"precision": "float17"}, "predict.precision is 'float17'; allowed: auto, float32"),
        ({"template": "v2"}, "predict.template is 'v2'; allowed: gemma, v1, plain, llama_3"),
        # the stage `score` takes no predictions without the options' likelihoods
        ({"likelihood": False}, "predict has no setting likelihood"),
        ({"batch_size": 1.5}, "predict.batch_size must be of type int, not 1.5"),
    ],
)
def test_what_cannot_be_meant_is_one_line(changes, message):
    section = default_params(predict=changes)["predict"]
    with pytest.raises(UserError, match=message):
        read_settings(PredictSettings, section, "predict")
