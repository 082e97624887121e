"""The captioner that knows the truth: how often it is right, and what its draws depend on."""

from __future__ import annotations

from pathlib import Path

import pytest

from bettersynth.data.samples.batch import Images
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.planted import PLANTED, write_planted
from bettersynth.data.tables.samples import write_samples
from bettersynth.errors import UserError
from bettersynth.models.captioners import Request, oracle

PAIRS = 400
NAMES = [f"{number}.png" for number in range(PAIRS)]
REQUESTS = [Request(name, "", 0) for name in NAMES]
IMAGES = Images(lambda name: name.encode())


@pytest.fixture(autouse=True)
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool whose every second pair carries the next pair's caption."""
    monkeypatch.chdir(tmp_path)
    samples, planted = [], []
    for number in range(PAIRS):
        swapped = number % 2 == 1
        shown = (number + 1) % PAIRS if swapped else number
        samples.append(sample(number, f"thing {shown}"))
        planted.append(
            {
                "id": str(number),
                "planted": swapped,
                "original_text": text_of_caption(f"thing {number}") if swapped else "",
                "donor_id": str(shown) if swapped else "",
            }
        )
    write_samples(samples)
    write_planted(planted)


def sample(number: int, caption: str) -> dict[str, object]:
    return {
        "id": str(number),
        "text": text_of_caption(caption),
        "images": [f"{number}.png"],
        "split": "pool",
    }


def captions(right: float, seed: int = 0) -> list[str]:
    captioner = oracle.load(oracle.Settings(right=right))
    (made,) = captioner.caption(IMAGES, REQUESTS, seed)
    return [made[position] for position in range(PAIRS)]


def right_ones(texts: list[str]) -> set[int]:
    return {number for number, text in enumerate(texts) if text == f"thing {number}"}


def test_it_is_right_as_often_as_it_is_told() -> None:
    assert len(right_ones(captions(1.0))) == PAIRS
    assert not right_ones(captions(0.0))
    # 300 expected, with a standard deviation of 8.7
    assert 265 <= len(right_ones(captions(0.75))) <= 335


def test_what_is_wrong_is_another_pairs_true_caption() -> None:
    truths = {f"thing {number}" for number in range(PAIRS)}
    assert set(captions(0.0)) <= truths


def test_a_larger_share_holds_the_smaller_one() -> None:
    assert right_ones(captions(0.25)) < right_ones(captions(0.5)) < right_ones(captions(0.9))


def test_another_seed_draws_others() -> None:
    assert right_ones(captions(0.5, seed=1)) != right_ones(captions(0.5, seed=0))


def test_captions_do_not_depend_on_order() -> None:
    captioner = oracle.load(oracle.Settings(right=0.5))
    (turned,) = captioner.caption(IMAGES, REQUESTS[::-1], seed=0)
    assert [turned[PAIRS - 1 - place] for place in range(PAIRS)] == captions(0.5)


def test_other_truths_are_another_model() -> None:
    before = oracle.model_hash(oracle.Settings())
    write_planted([])
    assert oracle.model_hash(oracle.Settings()) != before


def test_without_planted_mismatches_it_is_refused() -> None:
    PLANTED.unlink()
    with pytest.raises(UserError, match="only sources with planted mismatches"):
        oracle.model_hash(oracle.Settings())


def test_a_picture_of_no_pool_is_refused() -> None:
    captioner = oracle.load(oracle.Settings())
    with pytest.raises(UserError, match=r"other.png is no picture of the pool"):
        next(captioner.caption(IMAGES, [Request("other.png", "", 0)], 0))


@pytest.mark.parametrize("right", [-0.1, 1.5, float("nan")])
def test_a_share_outside_0_to_1_is_refused(right: float) -> None:
    with pytest.raises(UserError, match="must be from 0 to 1"):
        oracle.Settings(right=right)
