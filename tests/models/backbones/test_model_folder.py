"""Equal tensors give equal bytes, and the manifest covers every other file."""

import pytest
import torch

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError
from bettersynth.models.backbones.model_folder import (
    require_as_written,
    save_tensors,
    tensors_under,
    write_manifest,
)


def test_the_bytes_do_not_depend_on_order_layout_or_gradients(tmp_path) -> None:
    weight = torch.arange(6.0).reshape(2, 3)
    save_tensors(tmp_path / "one", {"a": weight, "b": torch.ones(1)})
    turned = torch.nn.Parameter(weight.T.contiguous().T)
    save_tensors(tmp_path / "two", {"b": torch.ones(1), "a": turned})
    one, two = (tmp_path / name / "model.safetensors" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_the_manifest_hashes_what_is_whole_and_not_itself(tmp_path) -> None:
    for name in ("config.json", "a.txt", ".half-written"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder").mkdir()
    for _ in range(2):
        write_manifest(tmp_path)
    manifest = read_json(tmp_path / "manifest.json")
    assert list(manifest) == ["a.txt", "config.json"]
    assert manifest["a.txt"] == sha256_of_file(tmp_path / "a.txt")


def test_tensors_under_a_prefix_lose_it() -> None:
    one, two = torch.zeros(1), torch.ones(1)
    tensors = {"members.1.text": one, "members.10.text": two, "mean": two}
    assert tensors_under("members.1.", tensors) == {"text": one}


def test_a_file_that_is_another_than_the_manifest_says_is_told(tmp_path) -> None:
    save_tensors(tmp_path, {"a": torch.arange(6.0)})
    write_manifest(tmp_path)
    require_as_written(tmp_path)
    weights = tmp_path / "model.safetensors"
    content = bytearray(weights.read_bytes())
    # a number, not the header: such a file still loads
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match="model.safetensors is not the file that .*manifest.json"):
        require_as_written(tmp_path)
    weights.unlink()
    with pytest.raises(FileNotFoundError):
        require_as_written(tmp_path)
