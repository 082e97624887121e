from __future__ import annotations

import json

import pytest
import torch
from support.mgm_reference import MGM

from bettersynth.errors import UserError
from bettersynth.models.weights.reading import load_into, read_weights


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


def test_shards_are_joined_and_a_missing_one_is_named(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "one.bin")
    torch.save({"b": torch.ones(1)}, tmp_path / "two.bin")
    index = {"weight_map": {"a": "one.bin", "b": "two.bin"}}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    assert sorted(read_weights(tmp_path)) == ["a", "b"]
    (tmp_path / "two.bin").unlink()
    with pytest.raises(UserError, match="two.bin does not exist, but the index beside it names it"):
        read_weights(tmp_path)


def test_weights_beside_an_optimizers_state_are_found_and_other_things_are_not(tmp_path):
    torch.save({"state_dict": {"a": torch.zeros(1)}, "step": 3}, tmp_path / "weights.bin")
    assert list(read_weights(tmp_path / "weights.bin")) == ["a"]
    torch.save({"step": 3}, tmp_path / "no_weights.bin")
    with pytest.raises(UserError, match="is not a state dict of tensors"):
        read_weights(tmp_path / "no_weights.bin")


def test_a_module_takes_exactly_its_own_tensors():
    layer = torch.nn.Linear(2, 1)
    whole = {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
    load_into(layer, whole, "here")
    assert layer.weight.tolist() == [[1, 1]]
    load_into(layer, {"weight": torch.zeros(1, 2)}, "here", optional=("bias",))
    assert layer.weight.tolist() == [[0, 0]]
    for weights, message in (
        ({}, "here lacks tensor weight and 1 more"),
        ({**whole, "x": torch.zeros(1)}, "here has unknown tensor x"),
        ({**whole, "bias": torch.zeros(2)}, r"bias has shape \[2\], this model needs \[1\]"),
    ):
        with pytest.raises(UserError, match=message):
            load_into(layer, weights, "here")


def test_a_module_without_memory_takes_the_tensors_themselves():
    with torch.device("meta"):
        layer = torch.nn.Linear(2, 1, bias=False)
    weight = torch.ones(1, 2)
    load_into(layer, {"weight": weight}, "here")
    assert layer.weight.data_ptr() == weight.data_ptr()
