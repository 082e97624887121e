from __future__ import annotations

import json

import pytest
from support.mgm_reference import PREPROCESS
from transformers import AutoTokenizer

from bettersynth.errors import UserError
from bettersynth.models.architecture.encoding import PieceTokens, encode, require_template_tokens
from bettersynth.models.architecture.tokenizers import load_llama_tokenizer

CASES = json.loads((PREPROCESS / "conversations.json").read_text())


@pytest.fixture(scope="module")
def tokenizers():
    llama = PREPROCESS / "tok_llama/tokenizer.model"
    return {
        "gemma": AutoTokenizer.from_pretrained(PREPROCESS / "tok_gemma"),
        "llama_legacy": load_llama_tokenizer(llama, legacy=True),
        "llama_nonlegacy": load_llama_tokenizer(llama, legacy=False),
    }


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{c['tokenizer']}-{c['template']}-{c['name']}" for c in CASES]
)
def test_tokens_and_masks_equal_the_reference(case, tokenizers):
    encoded = encode(
        case["conversations"], tokenizers[case["tokenizer"]], case["template"], case["has_image"]
    )
    assert encoded.input_ids.tolist() == case["input_ids"]
    assert encoded.labels.tolist() == case["labels"]
    assert bool(encoded.problem) == bool(case["stdout"])


def test_a_tokenizer_without_the_templates_tokens_is_refused(tokenizers):
    require_template_tokens(tokenizers["gemma"], "gemma", "x")
    with pytest.raises(UserError, match="the tokenizer of x lacks <start_of_turn>, <end_of_turn>"):
        require_template_tokens(tokenizers["llama_legacy"], "gemma", "x")


def test_pieces_between_images_lose_their_own_bos(tokenizers):
    pieces = PieceTokens(tokenizers["gemma"])
    ids = pieces.with_images("red <image> car")
    assert ids[0] == pieces.bos
    assert ids.count(pieces.bos) == 1
    assert ids[len(pieces.of("red "))] == -200
    assert ids[len(pieces.of("red ")) + 1 :] == pieces.of(" car")[1:]


def test_an_unknown_template_is_one_clear_error(tokenizers):
    with pytest.raises(UserError, match="template is 'chatml'; allowed: gemma, v1, plain"):
        encode([], tokenizers["gemma"], "chatml", has_image=False)
