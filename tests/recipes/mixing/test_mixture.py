import numpy as np
import pyarrow as pa
from support.small_columns import column, new_versions

from bettersynth.recipes.mixing.mixture import mix_captions

NEW = new_versions([1, 1], [0.4, 0.6], text=["new 0", "new 1"], image=["", "drawn/b.png"])
ROWS = np.array([0, 1])


def test_chosen_captions_stand_in_the_place_of_originals():
    before = np.array([0.3, 0.2])
    texts = pa.chunked_array([["old a"], ["old b"]])
    mix = mix_captions(column("a", "b"), texts, before, NEW, np.array([-1, 1]))
    assert mix.texts(ROWS) == ["old a", "new 1"]
    assert mix.texts(np.array([1, 0, 1])) == ["new 1", "old a", "new 1"]
    assert mix.sources(ROWS) == ["original", "tiny"]
    assert mix.images(ROWS) == ["", "drawn/b.png"]
    assert mix.candidates(ROWS).tolist() == [-1, 1]
    assert mix.similarity.tolist() == [0.3, 0.6]
    assert mix.similarity_before.tolist() == [0.3, 0.2]
    assert mix.exchanged.tolist() == [False, True]
    assert mix.weight.tolist() == [0, 0]
