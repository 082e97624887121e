import numpy as np
from PIL import Image

from bettersynth.data.samples.batch import Tokens
from bettersynth.recipes.faults import FAULTS, Sample, jpeg, on_words, watermarked

TOKENS = Tokens("<img>", "<eoc>")


def test_words_change_between_special_tokens_alone():
    assert on_words("<img> a dog <eoc>", TOKENS, str.upper) == "<img> A DOG <eoc>"
    assert on_words("<img> <eoc>", TOKENS, lambda words: "x") == "<img> <eoc>"


def test_every_fault_keeps_the_number_of_samples_and_says_which_are_copies():
    samples = [Sample(str(k), f"<img> a dog {k}", (Image.new("RGB", (20, 10)),)) for k in range(3)]
    for fault, plant in FAULTS.items():
        made = plant(samples, TOKENS, np.random.default_rng(0))
        assert len(made) == 3
        copies = [sample.id.endswith(" copy") for sample in made]
        assert copies == [fault == "near-duplicate"] * 3


def test_pictures_are_stored_alike_so_that_their_size_tells_nothing():
    picture = Image.new("RGB", (20, 10), "red")
    assert Sample("a", "", (picture,)).files() == [jpeg(picture, 90)]
    assert watermarked(picture).size == picture.size
