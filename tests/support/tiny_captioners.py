"""Tiny captioning models with random weights, saved in the real format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from bettersynth.data.samples.batch import Images
from bettersynth.models.captioners import Request
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from support.parity import FOLDER

TOKENIZER = Path(__file__).parents[1] / "fixtures" / "operators" / "byte_tok"
SIZE = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
VISION = {**SIZE, "image_size": 32, "patch_size": 16}
WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *"a the red blue dog cat house tree of picture in on with small big".split(),
]
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor "
    "%}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def spread(model: torch.nn.Module) -> torch.nn.Module:
    """Make a random model say different things: larger weights make words more, or less, likely."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=0.5)
    return model.eval()


def save_blip(folder: Path) -> Path:
    declare_missing_schemas()
    from transformers import (
        BertTokenizer,
        BlipConfig,
        BlipForConditionalGeneration,
        BlipImageProcessor,
        BlipProcessor,
    )

    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    text = {
        **SIZE,
        "encoder_hidden_size": 16,
        "vocab_size": len(WORDS),
        "bos_token_id": 2,
        "eos_token_id": 3,
        "pad_token_id": 0,
    }
    config = BlipConfig(
        text_config={**text, "sep_token_id": 3}, vision_config=VISION, projection_dim=8
    )
    spread(BlipForConditionalGeneration(config)).save_pretrained(folder)
    processor = BlipImageProcessor(size={"height": 32, "width": 32})
    BlipProcessor(processor, BertTokenizer(str(folder / "vocab.txt"))).save_pretrained(folder)
    return folder


def save_blip2(folder: Path) -> Path:
    declare_missing_schemas()
    from transformers import (
        AutoTokenizer,
        Blip2Config,
        Blip2ForConditionalGeneration,
        Blip2Processor,
        Blip2QFormerConfig,
        Blip2VisionConfig,
        BlipImageProcessor,
        OPTConfig,
    )

    tokenizer = AutoTokenizer.from_pretrained(TOKENIZER)
    processor = Blip2Processor(
        BlipImageProcessor(size={"height": 32, "width": 32}), tokenizer, num_query_tokens=4
    )
    text = OPTConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        ffn_dim=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        word_embed_proj_dim=16,
    )
    former = Blip2QFormerConfig(**SIZE, encoder_hidden_size=16, vocab_size=8)
    config = Blip2Config(
        vision_config=Blip2VisionConfig(**VISION).to_dict(),
        qformer_config=former.to_dict(),
        text_config=text.to_dict(),
        num_query_tokens=4,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    spread(Blip2ForConditionalGeneration(config)).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def save_llava(folder: Path, template: str | None = TEMPLATE, hidden: int = 16) -> Path:
    declare_missing_schemas()
    from transformers import (
        AutoTokenizer,
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    tokenizer = AutoTokenizer.from_pretrained(TOKENIZER)
    tokenizer.add_special_tokens(
        {"additional_special_tokens": ["<image>"], "pad_token": tokenizer.eos_token or "<pad>"}
    )
    vision = CLIPVisionConfig(**{**VISION, "num_hidden_layers": 2, "hidden_size": hidden})
    text = LlamaConfig(
        **{**SIZE, "hidden_size": hidden},
        num_key_value_heads=2,
        vocab_size=len(tokenizer),
        max_position_embeddings=256,
    )
    image = {
        "image_token_index": tokenizer.convert_tokens_to_ids("<image>"),
        "vision_feature_select_strategy": "default",
    }
    config = LlavaConfig(vision_config=vision, text_config=text, **image)
    spread(LlavaForConditionalGeneration(config)).save_pretrained(folder)
    images = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    LlavaProcessor(
        images,
        tokenizer,
        patch_size=16,
        vision_feature_select_strategy="default",
        chat_template=template,
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    return folder


NAMES = ["images/shapes0.png", "images/gray.png", "images/shapes1.png"]


def images() -> Images:
    """Return the pictures of the operators' fixtures."""
    return Images(lambda name: (FOLDER / name).read_bytes())


def captions(
    module: ModuleType, folder: Path, requests: Sequence[Request], seed: int = 0, **settings: Any
) -> list[str]:
    """Return the captions of the captioner `module` with the model of `folder`, in order."""
    options = {"model": str(folder), "max_new_tokens": 8, "batch_size": 4, **settings}
    made: dict[int, str] = {}
    for part in module.load(module.Settings(**options)).caption(images(), requests, seed):
        made |= part
    return [made[position] for position in range(len(requests))]


def check_that_captions_are_their_own(module: ModuleType, folder: Path) -> None:
    """A caption depends on its own picture, prompt, candidate and seed alone."""
    requests = []
    for image in NAMES:
        for prompt in ("", "a red dog"):
            requests += [Request(image, prompt, candidate) for candidate in (0, 1, 2)]
    together = captions(module, folder, requests)
    assert all(together)
    assert captions(module, folder, requests[::-1], batch_size=3) == together[::-1]
    assert captions(module, folder, requests[4:5]) == together[4:5]
    again = captions(module, folder, requests, seed=1)
    greedy = [place for place, request in enumerate(requests) if request.candidate == 0]
    assert [again[place] for place in greedy] == [together[place] for place in greedy]
    assert sum(one != other for one, other in zip(again, together, strict=True)) > 6
