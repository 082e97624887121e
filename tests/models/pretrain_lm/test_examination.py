from __future__ import annotations

from pathlib import Path

import pytest
import torch
from support.small_corpus import CORPUS, small_tokenizer

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.models.pretrain_lm.examination import accuracy, examination
from bettersynth.models.pretrain_lm.rows import Mixture, Row
from bettersynth.models.pretrain_lm.thing_boards import ThingSampler

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def tokenizer():
    return small_tokenizer()


@pytest.fixture(scope="module")
def sampler(tokenizer):
    return ThingSampler(CORPUS, tokenizer, seed=0)


@pytest.fixture(scope="module")
def committed():
    declare_missing_schemas()
    from transformers import AutoTokenizer, GemmaForCausalLM

    folder = ROOT / "models/nano-decoder"
    return GemmaForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def test_the_committed_decoder_reads_pictures_made_of_words(committed):
    model, tokenizer = committed
    sampler = ThingSampler(CORPUS, tokenizer, seed=7)
    clean = Mixture(clutter=0.0, clean=1.0)
    assert (
        accuracy(model, [sampler.letters(clean, options=4) for _ in range(96)], 0)["first"] >= 0.9
    )
    assert (
        accuracy(model, [sampler.concept_name(c, clean) for c in sampler.lexicon.concepts], 0)[
            "exact"
        ]
        >= 0.9
    )
    for kind in ("top", "bottom"):
        assert (
            accuracy(model, [sampler.signs(clean, kind, 2) for _ in range(64)], 0)["first"] >= 0.9
        )


def test_an_examination_draws_each_test_under_each_noise(sampler):
    tests = examination(sampler, 4)
    assert {name.split()[1] for name in tests} == {"clean", "medium", "hard"}
    assert [len(tests[name]) for name in ("letters hard", "top2 clean")] == [4, 2]
    assert not any(name.startswith("only") and name.endswith("hard") for name in tests)
    assert all(row.noise == 0 for row in tests["letters clean"])
    assert all(len(row.listed) == 4 for row in tests["letters medium"])


def test_things_are_examined_last_and_where_asked_for_alone(tokenizer):
    plain, more = (
        examination(ThingSampler(CORPUS, tokenizer, seed=3), 4, things) for things in (False, True)
    )
    assert list(more) == [*plain, "things clean", "things medium", "things hard"]
    assert all(more[name] == rows for name, rows in plain.items())
    assert {row.kind for row in more["things hard"]} == {"things"}


def test_the_decoder_of_the_things_finds_the_sign_that_names_a_picture():
    declare_missing_schemas()
    from transformers import AutoTokenizer, GemmaForCausalLM

    folder = ROOT / "models/nano-decoder-things"
    model = GemmaForCausalLM.from_pretrained(folder).eval()
    sampler = ThingSampler(CORPUS, AutoTokenizer.from_pretrained(folder), seed=7)
    clean = Mixture(clutter=0.0, clean=1.0)
    shares = accuracy(model, [sampler.things(clean) for _ in range(64)], 0)
    assert shares["first"] >= 0.9


def test_accuracy_counts_first_tokens_whole_answers_and_what_guessing_gets(sampler):
    class Right:
        """Finds every answer of letters, and no other."""

        def eval(self):
            pass

    rows = [sampler.letters(Mixture(), options=2) for _ in range(3)]
    targets = torch.tensor([token for row in rows for token in answer_tokens(row)])
    owner = torch.tensor([k for k, row in enumerate(rows) for _ in row.answers])
    logits = torch.nn.functional.one_hot(targets, int(targets.max()) + 1).float()
    logits[-1] = 0  # the last token of the last answer is missed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "bettersynth.models.pretrain_lm.examination.answer_logits",
            lambda *_: (logits, targets, owner),
        )
        shares = accuracy(Right(), rows, 0)
    assert shares == {"first": 1.0, "exact": pytest.approx(2 / 3), "listed": 0.5}


def answer_tokens(row: Row) -> list[int]:
    return [row.ids[place] for place in row.answers]
