from __future__ import annotations

import pytest
import torch
from support.mgm_reference import reference_model, reference_values

from bettersynth.models.answering.generation import Prompt, generate, log_probabilities


def pictures_of(case: str) -> tuple[object, torch.Tensor, dict[str, torch.Tensor]]:
    model, (inputs, expected) = reference_model(case), reference_values(case)
    with torch.inference_mode():
        return (
            model,
            model.image_tokens(*model.tower_features(inputs["images"], inputs["images_aux"])),
            expected,
        )


@pytest.mark.parametrize("case", ["gemma_g1", "gemma_g1_left", "gemma_g2_global"])
def test_greedy_tokens_equal_the_reference(case):
    model, pictures, expected = pictures_of(case)
    prompts = [Prompt(row.tolist(), k) for k, row in enumerate(expected["generate_prompt"])]
    assert generate(model, prompts, pictures, 8, set()) == expected["generate_tokens"].tolist()


@pytest.fixture(scope="module")
def mixed_prompts():
    generator = torch.Generator().manual_seed(0)
    prompts = []
    for k in range(64):
        words = torch.randint(
            3, 90, (int(torch.randint(1, 20, (1,), generator=generator)),), generator=generator
        ).tolist()
        prompts.append(Prompt([2, *([-200] if k % 3 else []), *words], k % 3 if k % 3 else None))
    return prompts


@pytest.mark.parametrize("case", ["gemma_g1", "llama_g1"])
def test_answers_depend_neither_on_batch_size_nor_on_padding(case, mixed_prompts):
    model, pictures, _ = pictures_of(case)
    alone = generate(model, mixed_prompts, pictures, 8, {5}, batch_size=1)
    assert alone == generate(model, mixed_prompts, pictures, 8, {5}, batch_size=8)
    assert alone == generate(model, mixed_prompts, pictures, 8, {5}, batch_size=64)
    assert len({tuple(tokens) for tokens in alone}) > 20


def test_log_probabilities_are_those_of_one_row_at_a_time(mixed_prompts):
    model, pictures, _ = pictures_of("gemma_g1")
    answers = [[7, 8, 9][: k % 3 + 1] for k in range(64)]
    sums = log_probabilities(model, mixed_prompts, answers, pictures, batch_size=64)
    k = 4
    ids = torch.tensor([[*mixed_prompts[k].ids, *answers[k]]])
    embeds, mask, _ = model.splice(ids, None, None, pictures[mixed_prompts[k].picture][None])
    with torch.inference_mode():
        logits = (
            model.language_model(inputs_embeds=embeds, attention_mask=mask)
            .logits[0]
            .log_softmax(-1)
        )
    expected = sum(
        logits[-len(answers[k]) - 1 + j, token].item() for j, token in enumerate(answers[k])
    )
    assert sums[k] == pytest.approx(expected, abs=1e-5)


def test_a_stop_token_ends_an_answer_and_is_left_out():
    model, pictures, expected = pictures_of("gemma_g1")
    prompt = Prompt(expected["generate_prompt"][0].tolist(), 0)
    tokens = expected["generate_tokens"][0].tolist()
    assert generate(model, [prompt], pictures, 8, {tokens[3]}) == [tokens[:3]]
