from __future__ import annotations

import pytest
import torch
from support.mgm_reference import MGM

from bettersynth.errors import UserError
from bettersynth.models.weights.reading import read_weights


def test_a_truncated_safetensors_file_is_one_clear_error(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(
        (MGM / "gemma_g1/weights.safetensors").read_bytes()[:100_000]
    )
    with pytest.raises(UserError, match=r"model.safetensors is not a complete safetensors file"):
        read_weights(tmp_path)


def test_a_truncated_pickle_is_one_clear_error(tmp_path):
    torch.save({"a": torch.zeros(1000)}, tmp_path / "pytorch_model.bin")
    (tmp_path / "pytorch_model.bin").write_bytes(
        (tmp_path / "pytorch_model.bin").read_bytes()[:900]
    )
    with pytest.raises(
        UserError, match=r"pytorch_model.bin is truncated or holds more than tensors"
    ):
        read_weights(tmp_path)


class Harmful:
    def __reduce__(self):
        return print, ("this must not run",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path, capsys):
    torch.save({"a": Harmful()}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="holds more than tensors"):
        read_weights(tmp_path)
    assert "must not run" not in capsys.readouterr().out
