"""Tiny OFA and mPLUG captioners with random weights in ModelScope's format, made by its own classes
in its own environment.

.modelscope/bin/python tests/tiny_modelscope.py FOLDER: makes FOLDER/mplug and FOLDER/ofa.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch

WORDS = "a the red blue dog cat house tree of picture in on with small big".split()


def spread(model: torch.nn.Module) -> torch.nn.Module:
    """Larger weights give likelier and less likely words, so that pictures differ in their
    captions.
    """
    torch.manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1 and "gamma" not in name:
                parameter.normal_(std=0.3)
    return model.eval()


def save_configuration(folder: Path, kind: str, model: dict[str, Any]) -> None:
    content = {
        "framework": "pytorch",
        "task": "image-captioning",
        "model": {"type": kind, **model},
        "pipeline": {"type": "image-captioning"},
    }
    (folder / "configuration.json").write_text(json.dumps(content))


def save_mplug(folder: Path) -> None:
    import yaml
    from modelscope.models.multi_modal.mplug import MPlug

    folder.mkdir(parents=True)
    save_configuration(folder, "mplug", {})
    # its beam search begins with id 101 and ends with 102, BERT's [CLS] and [SEP]
    tokens = [
        "[PAD]",
        *(f"[unused{k}]" for k in range(99)),
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *WORDS,
    ]
    (folder / "vocab.txt").write_text("\n".join(tokens))
    bert = {
        "hidden_size": 32,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "vocab_size": len(tokens),
        "max_position_embeddings": 64,
    }
    layers = {
        "num_hidden_layers": 2,
        "text_encoder_layers": 1,
        "text_decode_layers": 1,
        "fusion_layers": 1,
        "stride_layer": 1,
    }
    (folder / "config_bert.json").write_text(
        json.dumps({**bert, **layers, "encoder_width": 32, "type_vocab_size": 2})
    )
    clip = {
        "embed_dim": 16,
        "image_resolution": 32,
        "vision_layers": 1,
        "vision_width": 768,
        "vision_patch_size": 16,
        "context_length": 8,
    }
    clip |= {
        "vocab_size": 16,
        "transformer_width": 16,
        "transformer_heads": 2,
        "transformer_layers": 1,
    }
    own = {
        "task": "image-captioning",
        "image_res": 32,
        "vision_width": 768,
        "clip_name": "ViT-B-16",
        "beam_size": 5,
        "distill": False,
    }
    (folder / "config.yaml").write_text(
        yaml.safe_dump(
            {**own, "max_length": 10, **{f"clip_{name}": size for name, size in clip.items()}}
        )
    )
    model = spread(
        MPlug.from_pretrained(str(folder), task="image-captioning", load_checkpoint=False)
    )
    torch.save(model.state_dict(), folder / "pytorch_model.bin")


def save_ofa(folder: Path) -> None:
    from modelscope.models.multi_modal.ofa import OFAModel
    from modelscope.models.multi_modal.ofa.configuration_ofa import OFAConfig
    from transformers.models.gpt2.tokenization_gpt2 import bytes_to_unicode

    folder.mkdir(parents=True)
    save_configuration(
        folder,
        "ofa",
        {
            "patch_image_size": 32,
            "max_image_size": 32,
            "beam_search": {"beam_size": 3, "max_len_b": 8},
        },
    )
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *bytes_to_unicode().values(), "<mask>"]
    (folder / "vocab.json").write_text(json.dumps({token: k for k, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    size = {
        "d_model": 32,
        "max_position_embeddings": 64,
        "token_bucket_size": 64,
        "resnet_type": "resnet18",
        "vocab_size": len(tokens) + 9192,
    }
    for part in ("encoder", "decoder"):
        size |= {f"{part}_layers": 1, f"{part}_ffn_dim": 64, f"{part}_attention_heads": 2}
    spread(OFAModel(OFAConfig(**size))).save_pretrained(folder, safe_serialization=False)


if __name__ == "__main__":
    save_mplug(Path(sys.argv[1]) / "mplug")
    save_ofa(Path(sys.argv[1]) / "ofa")
