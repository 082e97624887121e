"""Tiny random weights of the challenge's models, in the formats that the real ones come in.

The bytes are the same every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from bettersynth.data.files.writing import write_json
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

# Gemma's first ids, and its turns
SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")
VOCABULARY = 420
# pixels; CLIP ViT-L/14 has 336
IMAGE_SIZE = 56
PATCH = 14  # pixels
# tokens of a text
CLIP_LENGTH = 77
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw random numbers from `seed`, and leave torch's generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def write_tokenizer(
    folder: Path, texts: Sequence[str], ending: str = "", more: tuple[str, ...] = ()
) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE on `texts` (with `more` special tokens), write it and return it.

    `ending` comes after each text.
    """
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    newline = pre_tokenizers.Split("\n", "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [newline, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [AddedToken(token, normalized=False, special=True) for token in SPECIAL + more]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"<bos> $A {ending}".strip(),
        special_tokens=[(token, SPECIAL.index(token)) for token in ("<bos>", "<eos>")],
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        additional_special_tokens=["<start_of_turn>", "<end_of_turn>"],
        model_max_length=CLIP_LENGTH if ending else 2048,
        padding_side="right",
    )
    fast.save_pretrained(folder)
    return fast


def write_gemma(folder: Path, texts: Sequence[str]) -> None:
    """Write a Gemma of two layers in bfloat16 with its tokenizer (gemma-2b-it has 18)."""
    from transformers import GemmaConfig, GemmaForCausalLM

    size = len(write_tokenizer(folder, texts))
    config = GemmaConfig(
        vocab_size=size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=2048,
        initializer_range=0.1,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
    )
    with seeded(1):
        GemmaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)


def write_clip(folder: Path, texts: Sequence[str], seed: int) -> None:
    """Write a whole CLIP: picture and text model, its processor's settings, its tokenizer.

    It serves as tower and as scorer.
    """
    from transformers import CLIPConfig, CLIPModel

    size = len(write_tokenizer(folder, texts, ending="<eos>"))
    layers: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config={
            **layers,
            "num_hidden_layers": 2,
            "vocab_size": size,
            "pad_token_id": 0,
            "eos_token_id": 1,
            "bos_token_id": 2,
        },
        vision_config={
            **layers,
            "num_hidden_layers": 3,
            "image_size": IMAGE_SIZE,
            "patch_size": PATCH,
        },
        projection_dim=16,
    )
    with seeded(seed):
        CLIPModel(config).save_pretrained(folder)
    edge = {"height": IMAGE_SIZE, "width": IMAGE_SIZE}
    settings = {
        "size": {"shortest_edge": IMAGE_SIZE},
        "crop_size": edge,
        "do_center_crop": True,
        "resample": 3,
        "rescale_factor": 1 / 255,
    }
    write_json(
        folder / "preprocessor_config.json",
        {**settings, "image_mean": CLIP_MEAN, "image_std": CLIP_STD},
    )


def write_convnext(folder: Path) -> None:
    """Write a ConvNeXt's trunk under OpenCLIP's names as `open_clip_pytorch_model.bin`."""
    declare_missing_schemas()
    from timm.models.convnext import ConvNeXt

    with seeded(2):
        trunk = ConvNeXt(dims=(8, 12, 16, 24), depths=(1, 1, 2, 1), num_classes=0)
    folder.mkdir(parents=True, exist_ok=True)
    # as OpenCLIP's published file: a pickle, of tensors alone
    torch.save(
        {f"visual.trunk.{name}": value for name, value in trunk.state_dict().items()},
        folder / "open_clip_pytorch_model.bin",
    )


def write_blip2(folder: Path, texts: Sequence[str]) -> None:
    """Write a BLIP-2 of one layer each: picture model, Q-Former, OPT.

    Its weights are large, so that it says different things.
    """
    from transformers import (
        Blip2Config,
        Blip2ForConditionalGeneration,
        Blip2Processor,
        Blip2QFormerConfig,
        Blip2VisionConfig,
        BlipImageProcessor,
        OPTConfig,
    )

    tokenizer = write_tokenizer(folder, texts, more=("<image>",))
    layers: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = OPTConfig(
        **layers,
        vocab_size=len(tokenizer),
        ffn_dim=32,
        word_embed_proj_dim=16,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
    )
    config = Blip2Config(
        vision_config=Blip2VisionConfig(
            **layers, intermediate_size=32, image_size=32, patch_size=16
        ).to_dict(),
        qformer_config=Blip2QFormerConfig(
            **layers, intermediate_size=32, encoder_hidden_size=16, vocab_size=8
        ).to_dict(),
        text_config=text.to_dict(),
        num_query_tokens=4,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    with seeded(5):
        model = Blip2ForConditionalGeneration(config)
        # norms and biases (one dimension) stay as they are
        for parameter in model.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.5)
        model.save_pretrained(folder)
    Blip2Processor(
        BlipImageProcessor(size={"height": 32, "width": 32}), tokenizer, num_query_tokens=4
    ).save_pretrained(folder)


def write_weights(folder: Path, texts: Sequence[str]) -> None:
    """Write `folder`/{gemma-2b-it, clip-..., openclip-..., blip2-...}, named as the real ones."""
    declare_missing_schemas()
    write_gemma(folder / "gemma-2b-it", texts)
    write_clip(folder / "clip-vit-large-patch14-336", texts, seed=3)
    write_clip(folder / "clip-vit-base-patch32", texts, seed=4)
    write_convnext(folder / "openclip-convnext-large-d-320-laion2B-s29B-b131K-ft-soup")
    write_blip2(folder / "blip2-opt-2.7b", texts)
