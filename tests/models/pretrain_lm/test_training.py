import random

import pytest
import torch
from support.default_settings import default_settings
from support.small_corpus import CORPUS, small_tokenizer

from bettersynth.models.pretrain_lm.curricula import first_curriculum
from bettersynth.models.pretrain_lm.decoder import new_decoder
from bettersynth.models.pretrain_lm.rows import Mixture
from bettersynth.models.pretrain_lm.tasks import TaskSampler
from bettersynth.models.pretrain_lm.training import (
    draw_batches,
    optimizers_of,
    set_rates,
    token_losses,
    train,
)
from bettersynth.settings.nano_decoder import Schedule, Shape

SHAPE = Shape(32, 1, 2, 48)


@pytest.fixture(scope="module")
def sampler():
    return TaskSampler(CORPUS, small_tokenizer(), seed=0)


def schedule(**changes: float) -> Schedule:
    return default_settings(
        "nano_decoder.schedule", **{"steps": 10, "batch_rows": 4, "warmup_steps": 2, **changes}
    )


def test_a_letter_drill_is_learned_among_the_letters_alone(sampler):
    logits = torch.zeros(2, 50)
    letters = [10, 11, 12, 13]
    targets = torch.tensor([11, 13])
    drill = token_losses(logits, targets, [sampler.drill()], letters)
    other = token_losses(logits, targets, [sampler.letters(Mixture())], letters)
    assert drill.tolist() == pytest.approx([torch.log(torch.tensor(4.0)).item()] * 2)
    assert other.tolist() == pytest.approx([torch.log(torch.tensor(50.0)).item()] * 2)


def test_rates_rise_stay_and_fall_to_nothing():
    optimizers = optimizers_of(new_decoder(SHAPE, 50, seed=0), schedule())
    rates = []
    for step in range(10):
        set_rates(optimizers, schedule(), step)
        rates.append(optimizers[1].param_groups[0]["lr"] / 0.003)
    assert rates[:2] == [pytest.approx(0.5), pytest.approx(1.0)]
    assert rates[4] == pytest.approx(1.0)
    assert rates[9] == pytest.approx(0.2)


def test_every_parameter_has_one_optimizer_and_matrices_have_muon():
    model = new_decoder(SHAPE, 50, seed=0)
    muon, adamw = (
        optimizer.param_groups[0]["params"] for optimizer in optimizers_of(model, schedule())
    )
    assert all(parameter.ndim == 2 for parameter in muon)
    assert {id(p) for p in (*muon, *adamw)} == {id(p) for p in model.parameters()}
    assert any(parameter is model.get_input_embeddings().weight for parameter in adamw)


def test_the_mixture_moves_on_when_all_drawn_batches_are_used_up(sampler):
    asked = []

    def curriculum(progress, phases):
        asked.append(progress)
        return first_curriculum(progress, phases)

    batches = list(draw_batches(sampler, schedule(steps=40), curriculum, random.Random(0)))
    assert [len(batch) for batch in batches] == [4] * 40
    assert asked == [0.0, 16 / 40, 32 / 40]


def test_reports_come_every_few_steps_and_at_the_end(sampler):
    model = new_decoder(SHAPE, len(small_tokenizer()), seed=0)
    reports = []
    plan = schedule(steps=5)
    report = lambda step, measures: reports.append((step, measures))  # noqa: E731
    steps = list(train(model, sampler, plan, first_curriculum, 1, report, every=2))
    assert steps == [0, 1, 2, 3, 4]
    assert [step for step, _ in reports] == [2, 4, 5]
    assert reports[0][1]["tokens"] < reports[2][1]["tokens"]
    assert all("loss drill" in measures for _, measures in reports)
