"""Low-rank adapters in the decoder through peft, and merging them back.

The weights under them are whole, or quantised.

Sources: LoRA (arXiv 2106.09685), QLoRA (arXiv 2305.14314).
"""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from safetensors.torch import save_file
from torch import nn

from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.errors import UserError
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.settings.lora import Lora

if TYPE_CHECKING:
    from peft import LoraModel

# of a name in peft's files
PEFT_PREFIX = "base_model.model."


class WithDecoder(Protocol):
    """What has a decoder that adapters can be put into."""

    language_model: Any


def add_lora(model: WithDecoder, settings: Lora, seed: int) -> LoraModel:
    """Freeze the decoder and put adapters into it, in place; what they compute is zero at first.

    Returns peft's handle on them. Call it after `freeze`, and before the optimiser is made.

    Raises:
        UserError: an impossible rank, a layer that is not there, or bitsandbytes is asked for and
            absent.
    """
    from peft import LoraConfig, LoraModel

    if settings.rank < 1 or not 0 <= settings.dropout < 1:
        raise UserError(
            f"lora.rank is {settings.rank}, lora.dropout {settings.dropout}; rank must be 1 or "
            "more, dropout from 0 to below 1"
        )
    targets = _targets(model, settings)
    if settings.bits is not None:
        quantize(model, settings)
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets,
        bias="none",
    )
    # peft draws the adapters from torch's global generator
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LoraModel(model.language_model, {"default": config}, "default")


def _targets(model: WithDecoder, settings: Lora) -> list[str]:
    linear = linear_layers(model)
    targets = list(settings.targets) if settings.targets is not None else linear
    unknown = [name for name in targets if name not in linear]
    if unknown or not targets:
        raise UserError(
            f"lora.targets has {', '.join(unknown) or 'nothing'}; the decoder's linear layers are "
            f"{', '.join(linear)}"
        )
    return targets


def linear_layers(model: WithDecoder) -> list[str]:
    """Return the names that linear layers have inside a block of the decoder, sorted."""
    names = set()
    for name, module in model.language_model.model.layers.named_modules():
        if isinstance(module, nn.Linear):
            names.add(name.rsplit(".", 1)[-1])
    return sorted(names)


def quantize(model: WithDecoder, settings: Lora) -> None:
    """Hold the linear layers of the decoder's blocks in `settings.bits` bits, in place.

    The decoder then lies on the GPU if there is one.

    Raises:
        UserError: bitsandbytes is not installed.
    """
    bits = settings.bits
    if importlib.util.find_spec("bitsandbytes") is None:
        raise UserError(
            f"lora.bits is {bits}, but the package bitsandbytes is not installed; pip install -e "
            "'.[qlora]', or set bits to null"
        )
    for block in model.language_model.model.layers.modules():
        for name, layer in list(block.named_children()):
            # exactly: a layer that is quantised already is a subclass
            if type(layer) is nn.Linear:
                setattr(block, name, _quantized(layer, settings))
    # bitsandbytes quantises when weights are moved
    model.language_model.to("cuda" if torch.cuda.is_available() else "cpu")
    # peft looks here
    setattr(model.language_model, f"is_loaded_in_{bits}bit", True)


def _quantized(layer: nn.Linear, settings: Lora) -> nn.Linear:
    """Return the layer in bitsandbytes' class, its weight `[out, in]` not quantised yet."""
    import bitsandbytes

    has_bias = layer.bias is not None
    small: nn.Linear
    if settings.bits == 4:
        # CPUs emulate bfloat16, at a fraction of the speed
        compute = torch.bfloat16 if torch.cuda.is_available() else torch.float32
        small = bitsandbytes.nn.Linear4bit(
            layer.in_features,
            layer.out_features,
            bias=has_bias,
            compute_dtype=compute,
            compress_statistics=settings.double_quant,
            quant_type=settings.quant_type,
        )
        small.weight = bitsandbytes.nn.Params4bit(
            layer.weight.data,
            requires_grad=False,
            compress_statistics=settings.double_quant,
            quant_type=settings.quant_type,
        )
    else:
        small = bitsandbytes.nn.Linear8bitLt(
            layer.in_features, layer.out_features, bias=has_bias, has_fp16_weights=False
        )
        small.weight = bitsandbytes.nn.Int8Params(
            layer.weight.data, requires_grad=False, has_fp16_weights=False
        )
    if has_bias:
        small.bias = nn.Parameter(layer.bias.data, requires_grad=False)
    return small


def merge(
    model: MiniGemini, adapters: LoraModel, settings: Lora, rebuild: Callable[[], MiniGemini]
) -> MiniGemini:
    """Return the model with the adapters added to its weights, none of them left.

    Over rounded weights (`bits`, or bfloat16) the adapters are added to the whole weights of a
    model that `rebuild` makes.
    """
    if settings.bits is None and model.language_model.dtype == torch.float32:
        adapters.merge_and_unload()
        return model
    trained = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            trained[name] = parameter.detach().cpu()
    # the adapters' names are those of a model that has them: they are added and then filled
    whole = rebuild()
    unrounded = dataclasses.replace(settings, bits=None)
    fresh = add_lora(whole, unrounded, seed=0)
    # not strict: what is not trained came with the rebuilt model
    whole.load_state_dict(trained, strict=False)
    fresh.merge_and_unload()
    return whole


def save_adapters(model: MiniGemini, settings: Lora, folder: str | Path, base: str) -> None:
    """Write the adapters so that peft loads them onto the language model `base`.

    The files are `adapter_model.safetensors` and `adapter_config.json`.
    """
    folder = Path(folder)
    state = {}
    layers = set()
    for name, value in model.language_model.named_parameters():
        if ".lora_" not in name:
            continue
        # peft's files leave out the adapter's own name, which is "default"
        peft_name = PEFT_PREFIX + name.replace(".default.", ".")
        state[peft_name] = value.detach().cpu().contiguous()
        layer = name.rsplit(".lora_", 1)[0]
        layers.add(layer.rsplit(".", 1)[-1])
    with complete_or_absent(folder / "adapter_model.safetensors") as temporary:
        save_file(state, temporary, metadata={"format": "pt"})
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": settings.rank,
        "lora_alpha": settings.alpha,
        "lora_dropout": settings.dropout,
        "bias": "none",
        "inference_mode": True,
        "target_modules": sorted(layers),
    }
    write_json(folder / "adapter_config.json", config)
