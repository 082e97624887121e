from __future__ import annotations

import json
import shutil

import pytest
from support.mgm_reference import PREPROCESS
from transformers import AutoTokenizer

from bettersynth.errors import UserError
from bettersynth.models.architecture.encoding import PieceTokens, encode, require_template_tokens
from bettersynth.models.architecture.tokenizers import load_llama_tokenizer, load_tokenizer

CASES = json.loads((PREPROCESS / "conversations.json").read_text())
# what the reference's own code made of them with these very tokenizers
TEMPLATE_CASES = json.loads((PREPROCESS / "templates.json").read_text())["rows"]
TEMPLATE_TOKENS = [
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|im_start|>",
    "<|im_end|>",
]


@pytest.fixture(scope="module")
def tokenizers():
    llama = PREPROCESS / "tok_llama/tokenizer.model"
    return {
        "gemma": AutoTokenizer.from_pretrained(PREPROCESS / "tok_gemma"),
        "llama_legacy": load_llama_tokenizer(llama, legacy=True),
        "llama_nonlegacy": load_llama_tokenizer(llama, legacy=False),
    }


@pytest.fixture(scope="module")
def tokenizers_with_tokens():
    llama = PREPROCESS / "tok_llama/tokenizer.model"
    tokenizers = {
        "gemma": AutoTokenizer.from_pretrained(PREPROCESS / "tok_gemma"),
        "llama_legacy": load_llama_tokenizer(llama, legacy=True),
        "llama_nonlegacy": load_llama_tokenizer(llama, legacy=False),
        "llama_no_bos": load_llama_tokenizer(llama, add_bos_token=False),
    }
    for tokenizer in tokenizers.values():
        tokenizer.add_tokens(TEMPLATE_TOKENS, special_tokens=True)
    return tokenizers


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


@pytest.mark.parametrize(
    "case",
    TEMPLATE_CASES,
    ids=[f"{c['template']}-{c['tokenizer']}-{c['name']}" for c in TEMPLATE_CASES],
)
def test_further_templates_equal_the_reference(case, tokenizers_with_tokens):
    tokenizer = tokenizers_with_tokens[case["tokenizer"]]
    tokenizer.model_max_length = case["model_max_length"]
    encoded = encode(case["conversations"], tokenizer, case["template"], case["has_image"])
    expected = [-100] * len(case["input_ids"])
    for start, end in case["supervised"]:
        expected[start:end] = case["input_ids"][start:end]
    assert encoded.input_ids.tolist() == case["input_ids"]
    assert encoded.labels.tolist() == expected
    assert bool(encoded.problem) == (not case["supervised"])


def test_what_a_folder_says_of_older_tokenizers_is_known(tmp_path):
    for path in (PREPROCESS / "tok_gemma").iterdir():
        shutil.copy(path, tmp_path)
    assert PieceTokens(load_tokenizer(tmp_path)).legacy is None
    tokens = json.loads((tmp_path / "tokenizer_config.json").read_text())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({**tokens, "legacy": True}))
    assert PieceTokens(load_tokenizer(tmp_path)).legacy is True


def test_chatml_is_refused_where_it_would_mask_all_answers(tokenizers_with_tokens):
    require_template_tokens(tokenizers_with_tokens["llama_no_bos"], "chatml", "x")
    for name in ("gemma", "llama_nonlegacy"):
        with pytest.raises(UserError, match="tokenizer of x does not fit the template chatml"):
            require_template_tokens(tokenizers_with_tokens[name], "chatml", "x")


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
    with pytest.raises(UserError, match="template is 'v2'; allowed: gemma, v1, plain, llama_3"):
        encode([], tokenizers["gemma"], "v2", has_image=False)
