from __future__ import annotations

from pathlib import Path

import pytest
import torch
from support.small_corpus import CORPUS, small_tokenizer

from bettersynth.errors import UserError
from bettersynth.models.pretrain_lm.decoder import (
    answer_logits,
    embed_rows,
    new_decoder,
    started_decoder,
)
from bettersynth.models.pretrain_lm.rows import FIRST_SLOT, Mixture
from bettersynth.models.pretrain_lm.tasks import TaskSampler
from bettersynth.settings.nano_decoder import Shape

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def tokenizer():
    return small_tokenizer()


@pytest.fixture(scope="module")
def sampler(tokenizer):
    return TaskSampler(CORPUS, tokenizer, seed=0)


def test_loss_positions_are_the_answers_only(tokenizer, sampler):
    model = new_decoder(Shape(32, 1, 2, 48), len(tokenizer), seed=0)
    rows = [sampler.row(Mixture()) for _ in range(12)]
    logits, targets, owner = answer_logits(model, rows, torch.Generator().manual_seed(0))
    assert targets.tolist() == [t for row in rows for t in row.ids[row.answers[0] :]]
    assert logits.shape == (len(targets), len(tokenizer))
    assert owner.tolist() == sorted(owner.tolist())


def test_half_of_the_heads_start_as_matching_heads():
    model = new_decoder(Shape(32, 2, 4, 48), 50, seed=0)
    for layer in model.model.layers:
        query, key = layer.self_attn.q_proj.weight, layer.self_attn.k_proj.weight
        assert torch.equal(query[:16], 3 * key[:16])
        assert not torch.equal(query[16:], 3 * key[16:])


def test_a_slot_is_the_weighted_sum_of_its_words(tokenizer, sampler):
    model = new_decoder(Shape(32, 1, 2, 48), len(tokenizer), seed=0)
    row = sampler.letters(Mixture(clean=1.0, clutter=0.0), options=2)
    embedded, ids = embed_rows(model, [row], torch.Generator())
    words = model.get_input_embeddings()(torch.tensor(row.slot_ids[3]))
    expected = (words * torch.tensor(row.slot_weights[3])[:, None]).sum(0)
    torch.testing.assert_close(embedded[0, FIRST_SLOT + 3], expected)
    assert embedded.shape == (1, len(row.ids), 32)
    assert ids.tolist() == [row.ids]


def test_rows_without_a_picture_are_plain_text(tokenizer, sampler):
    model = new_decoder(Shape(32, 1, 2, 48), len(tokenizer), seed=0)
    rows = [sampler.drill(), sampler.drill()]
    embedded, ids = embed_rows(model, rows, torch.Generator())
    assert torch.equal(embedded, model.get_input_embeddings()(ids))


def test_a_start_of_another_shape_or_none_is_one_clear_error(tmp_path):
    folder = ROOT / "models/nano-decoder"
    with pytest.raises(UserError, match=r"shape is Shape\(hidden_size=32.*nano-decoder has Shape"):
        started_decoder(folder, Shape(32, 1, 2, 48))
    with pytest.raises(UserError, match=r"nano_decoder.start: .* holds no decoder"):
        started_decoder(tmp_path, Shape(32, 1, 2, 48))
