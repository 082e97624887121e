"""A folder of stage 1 is told from one of a whole model."""

from __future__ import annotations

from bettersynth.models.weights.stage_one_file import stage_one_weights


def test_stage_one_leaves_a_file_that_a_whole_model_has_not(tmp_path):
    assert stage_one_weights(tmp_path) is None
    for name in ("mm_projector.bin", "projector.safetensors"):
        (tmp_path / name).touch()
        assert stage_one_weights(tmp_path) == tmp_path / name
    (tmp_path / "model-00001-of-00002.safetensors").touch()
    assert stage_one_weights(tmp_path) is None
