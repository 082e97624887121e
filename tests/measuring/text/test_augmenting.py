from __future__ import annotations

import pytest

from bettersynth.data.samples.batch import Batch, Images
from bettersynth.errors import UserError
from bettersynth.measuring.text.augmenting import AugmentedSamples, Draws, require_package


def made(augment, *texts, seed=0):
    batch = Batch(texts, [["a.png"] for _ in texts], Images(str.encode))
    new, bad = AugmentedSamples(augment, seed).make(batch)
    assert bad == {}
    assert all(one.images == ["a.png"] for row in new for one in row)
    return [[one.text for one in row] for row in new]


def numbered(text, draws):
    return [f"{text}{draws.randint(0, 10**6)}", f"{text}{draws.randint(0, 10**6)}"]


def test_what_is_drawn_follows_from_seed_and_text_alone():
    first = made(numbered, "a", "b", "a")
    assert first[0] == first[2] != first[1]
    assert made(numbered, "b", "a") == [first[1], first[0]]
    assert made(numbered, "a", seed=1)[0] != first[0]
    assert first[0][0] != first[0][1]


def test_draws_are_those_that_the_packages_ask_for():
    draws = Draws(0, "a")
    assert sorted(draws.sample(["x", "y", "z"], 3)) == ["x", "y", "z"]
    assert {draws.sample(4) for _ in range(50)} == {1, 2}
    assert {draws.randint(3, 4) for _ in range(50)} == {3, 4}
    assert 0 <= draws.random() < 1
    assert Draws(0, "\ud800").randint(5, 5) == 5


def test_special_tokens_stay_where_they_are():
    def shouted(text, draws):
        return [text.upper(), f"{text}!"] if text != "one" else [text.upper()]

    image, end = "<__dj__image>", "<|__dj__eoc|>"
    assert made(shouted, f"{image}\na dog {end}") == [
        [f"{image}\nA DOG {end}", f"{image}\na dog! {end}"]
    ]
    # a part that gave fewer stays as it was
    assert made(shouted, f"{image} one {image} two {end}") == [
        [f"{image} ONE {image} TWO {end}", f"{image} one {image} two! {end}"]
    ]
    assert made(shouted, f"{image}{end}", "a") == [[], ["A", "a!"]]


def test_a_package_that_is_absent_is_one_line_with_the_extra():
    require_package("numpy", "x_mapper")
    with pytest.raises(UserError, match=r"x_mapper needs the package no_such: pip install 'better"):
        require_package("no_such", "x_mapper")
