import math

import numpy as np
from PIL import Image

from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.recipes.auditing import CLEAN, COPIES, REST, audit_line, separation, stored_batch
from bettersynth.recipes.faults import FAULTS, Sample
from bettersynth.recipes.lines import read_recipe


def samples(*texts):
    picture = Image.new("RGB", (8, 8), "red")
    return [Sample(str(k), text, (picture,)) for k, text in enumerate(texts)]


def test_infinity_and_text_have_no_place_in_the_curve():
    faulty = np.array([False, True, False, True])
    assert separation([1.0, 2.0, math.inf, 3.0], faulty) == (1.0, "high")
    assert math.isnan(separation(["a", "b", "a", "b"], faulty)[0])


def test_a_batch_is_made_anew_with_no_picture_decoded():
    make = stored_batch(samples("a dog"), RowForm("words", "pictures"))
    first, second = make(), make()
    assert first.texts == second.texts == ["a dog"]
    assert first.pictures is not second.pictures
    assert first.pictures.picture(first.images[0][0]).size == (8, 8)


def test_a_rule_that_drops_the_faulty_alone_is_perfect():
    form = RowForm()
    good = samples("one two three", "four five six")
    short = samples("one", "four")
    batches = {CLEAN: stored_batch(good, form), REST: stored_batch(good, form)}
    batches |= {fault: stored_batch(short, form) for fault in FAULTS}
    line = read_recipe([{"words_num_filter": {"min_num": 2}}], "recipe")[0]
    rows = {row["fault"]: row for row in audit_line(line, batches)}
    found = rows["gibberish"]
    assert (found["precision"], found["recall"], found["good_dropped"]) == (1.0, 1.0, 0.0)
    assert (found["roc_auc"], found["side"]) == (1.0, "low")
    assert set(rows) == set(FAULTS) and COPIES in rows
    assert found["milliseconds_a_sample"] >= 0
