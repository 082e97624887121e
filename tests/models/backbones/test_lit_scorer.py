"""The scorer's cosine, its correction by a bank, and that a pair's score is its own."""

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from bettersynth.errors import UserError
from bettersynth.models.backbones.lit_heads import Heads, excess
from bettersynth.models.backbones.lit_scorer import LitScorer, save_scorer

TEXTS = ["a red apple", "a dog", "a drawing of a very small dog on a chair", "", "Hund", "a dog"]


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> LitScorer:
    folder = tmp_path_factory.mktemp("scorer")
    torch.manual_seed(0)
    tensors = {"mean": torch.full((1280,), 0.5), "deviation": torch.full((1280,), 0.3)}
    tensors |= {
        "bank.pooled": torch.rand(8, 1280),
        "bank.text": normalize(torch.randn(8, 384), dim=-1),
    }
    for k in range(2):
        tensors |= {
            f"members.{k}.{name}": tensor for name, tensor in Heads(16, 8, 0.5).state_dict().items()
        }
    save_scorer(
        folder,
        tensors,
        {"members": 2, "hidden": 16, "width": 8, "temperature": 0.05, "slope": 0.4, "offset": 0.2},
    )
    return LitScorer.load(folder)


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(1).random((count, 1280), dtype=np.float32)


def test_a_pair_s_score_does_not_depend_on_the_others(scorer: LitScorer) -> None:
    pooled = pictures(len(TEXTS))
    together = scorer.similarity(pooled, TEXTS)
    assert together.dtype == np.float64
    order = [3, 1, 5, 0]
    assert np.array_equal(
        scorer.similarity(pooled[order], [TEXTS[k] for k in order]), together[order]
    )
    assert np.array_equal(LitScorer.similarity(scorer, pooled[2:3], TEXTS[2:3]), together[2:3])


def test_pictures_and_texts_share_a_space_of_unit_vectors(scorer: LitScorer) -> None:
    pooled = pictures(300)
    images, texts = scorer.embed_images(pooled), scorer.embed_texts(TEXTS)
    assert (images.shape, texts.shape) == ((300, 16), (6, 16))
    np.testing.assert_allclose(np.linalg.norm(images, axis=1), 1, rtol=1e-5)
    assert np.array_equal(scorer.embed_images(pooled[270:280]), images[270:280])
    cosine = torch.from_numpy((images[:6] * texts).sum(1))
    bank = [
        excess(torch.from_numpy(a) @ b.T, 0.05)
        for a, b in ((texts, scorer.bank_images), (images[:6], scorer.bank_texts))
    ]
    expected = 0.4 * (cosine - (bank[0] + bank[1]) / 2) + 0.2
    np.testing.assert_allclose(scorer.similarity(pooled[:6], TEXTS), expected, atol=1e-5)


def test_scores_stay_between_minus_one_and_one(scorer: LitScorer) -> None:
    steep = LitScorer({**_tensors(scorer)}, {**scorer.config, "slope": 50.0}, "")
    scores = steep.similarity(pictures(6), TEXTS)
    assert scores.min() >= -1 and scores.max() <= 1 and len(set(scores)) > 1


def test_no_pair_gives_no_score(scorer: LitScorer) -> None:
    assert scorer.similarity(np.zeros((0, 1280), np.float32), []).shape == (0,)
    with pytest.raises(ValueError, match="1 images for 0 texts"):
        scorer.similarity(pictures(1), [])


def test_a_missing_scorer_names_the_step_that_makes_it(tmp_path) -> None:
    with pytest.raises(UserError, match="bettersynth.steps.scorer"):
        LitScorer.load(tmp_path)


def test_a_scorer_cut_short_is_one_line_that_names_the_file(scorer: LitScorer, tmp_path) -> None:
    save_scorer(tmp_path, _tensors(scorer), scorer.config)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"model\.safetensors is not the file that"):
        LitScorer.load(tmp_path)


def _tensors(scorer: LitScorer) -> dict[str, torch.Tensor]:
    tensors = {
        **scorer.standard._asdict(),
        "bank.pooled": scorer.bank_pooled,
        "bank.text": scorer.bank_text,
    }
    for k, member in enumerate(scorer.members):
        tensors |= {f"members.{k}.{name}": tensor for name, tensor in member.state_dict().items()}
    return tensors
