"""Words to text and back, and that a picture's captions are its own."""

import numpy as np
import pytest
import torch

from bettersynth.errors import UserError
from bettersynth.models.backbones.caption_model import CaptionModel
from bettersynth.models.backbones.caption_words import vocabulary_of, words_of
from bettersynth.models.backbones.prefix_captioner import (
    PrefixCaptioner,
    Sampling,
    save_captioner,
)

CAPTIONS = ["a red apple", "A dog (with a hat).", "rescue worker’s helmet", "two dogs, one cat"]


@pytest.fixture(scope="module")
def captioner(tmp_path_factory: pytest.TempPathFactory) -> PrefixCaptioner:
    folder = tmp_path_factory.mktemp("captioner")
    torch.manual_seed(0)
    vocabulary = vocabulary_of(CAPTIONS, 1)
    tensors = {
        f"model.{name}": t
        for name, t in CaptionModel(len(vocabulary), 16, 32, 0.5).state_dict().items()
    }
    tensors |= {"mean": torch.full((1280,), 0.5), "deviation": torch.full((1280,), 0.2)}
    save_captioner(folder, tensors, {"width": 16, "hidden": 32}, vocabulary)
    return PrefixCaptioner.load(folder)


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(1).random((count, 1280), dtype=np.float32)


def test_captions_of_a_picture_do_not_depend_on_its_neighbours(captioner: PrefixCaptioner) -> None:
    pooled, keys = pictures(70), [f"picture {k}" for k in range(70)]
    together = captioner.candidates(pooled, keys, Sampling(candidates=3), seed=0)
    assert (
        captioner.candidates(pooled[66:67], keys[66:67], Sampling(candidates=3), seed=0)
        == together[66:67]
    )
    assert all(len(lines) == 3 and all(lines) for lines in together)


def test_the_seed_moves_the_samples_and_not_the_greedy_caption(captioner: PrefixCaptioner) -> None:
    pooled, keys = pictures(8), [f"picture {k}" for k in range(8)]
    first, second = (
        captioner.candidates(
            pooled, keys, Sampling(candidates=2, temperature=2.0, top_p=1.0), seed=s
        )
        for s in (0, 1)
    )
    assert [lines[0] for lines in first] == [lines[0] for lines in second]
    assert [lines[1] for lines in first] != [lines[1] for lines in second]


def test_a_tiny_nucleus_is_greedy(captioner: PrefixCaptioner) -> None:
    made = captioner.candidates(pictures(8), [""] * 8, Sampling(candidates=2, top_p=1e-6), seed=0)
    assert all(greedy == sampled for greedy, sampled in made)


def test_captions_end_at_max_words(captioner: PrefixCaptioner) -> None:
    made = captioner.candidates(pictures(4), [""] * 4, Sampling(candidates=1, max_words=2), seed=0)
    assert all(1 <= len(words_of(line)) <= 2 for [line] in made)


def test_the_likelihood_of_a_caption_does_not_depend_on_the_padding_beside_it(
    captioner: PrefixCaptioner,
) -> None:
    pooled = pictures(2)
    together = captioner.log_likelihood(pooled, ["a dog", "two dogs, one cat"])
    alone = captioner.log_likelihood(pooled[:1], ["a dog"])
    assert together[0] == pytest.approx(alone[0], rel=1e-5)
    assert together.max() < 0


def test_a_missing_captioner_names_the_step_that_makes_it(tmp_path) -> None:
    with pytest.raises(UserError, match="bettersynth.steps.captioner"):
        PrefixCaptioner.load(tmp_path)


def test_ids_begin_and_end_and_are_padded_to_the_longest(captioner: PrefixCaptioner) -> None:
    ids = captioner.encode(["a dog", "a zebra"]).tolist()
    dog, a = captioner.ids["dog"], captioner.ids["a"]
    assert ids == [[1, a, dog, 2], [1, a, 3, 2]]
    assert captioner.encode(["a", "a dog"]).tolist()[0] == [1, a, 2, 0]


def test_what_is_saved_again_is_the_same(captioner: PrefixCaptioner, tmp_path) -> None:
    save_captioner(tmp_path, captioner.tensors(), {"width": 16, "hidden": 32}, captioner.vocabulary)
    assert PrefixCaptioner.load(tmp_path).model_hash == captioner.model_hash
