"""The folder of a trained decoder: what transformers loads, its training log, its manifest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import save_file

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.whole_folder import whole_folder
from bettersynth.data.files.writing import write_json

if TYPE_CHECKING:
    from transformers import GemmaForCausalLM, PreTrainedTokenizerFast


def save_decoder(
    folder: Path,
    model: GemmaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    log: list[dict[str, Any]],
    facts: dict[str, Any],
) -> None:
    """Write nano's decoder: weights (float32), config, tokenizer, training log and manifest."""

    def write(fresh: Path) -> None:
        tensors = {}
        for name, tensor in model.state_dict().items():
            # tied to the embeddings
            if name != "lm_head.weight":
                tensors[name] = tensor.contiguous()
        save_file(tensors, fresh / "model.safetensors", metadata={"format": "pt"})
        model.config.architectures = ["GemmaForCausalLM"]
        model.config.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)

    save_folder(folder, write, log, facts)


def save_folder(
    folder: Path, write: Callable[[Path], None], log: list[dict[str, Any]], facts: dict[str, Any]
) -> None:
    """Let `write` fill a folder, and add training log and manifest.

    `folder` is replaced as a whole or left as it was. `log` holds one mapping a line of
    `training.tsv` (what one lacks is left blank); `facts` goes into the manifest beside the hashes.
    """
    with whole_folder(folder) as fresh:
        write(fresh)
        _write_log(fresh / "training.tsv", log)
        for weights in fresh.glob("*.safetensors"):
            # safetensors makes its files for this user alone
            weights.chmod(0o644)
        files = {path.name: sha256_of_file(path) for path in sorted(fresh.iterdir())}
        write_json(fresh / "manifest.json", {**facts, "files": files})


def _write_log(path: Path, log: list[dict[str, Any]]) -> None:
    # in order of first use
    columns: dict[str, None] = {}
    for entry in log:
        columns.update(dict.fromkeys(entry))
    lines = ["\t".join(columns)]
    for entry in log:
        lines.append("\t".join(_cell(entry.get(column, "")) for column in columns))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.4f}" if value == 0 or abs(value) >= 0.001 else f"{value:.4g}"
