import numpy as np
import pyarrow as pa

from bettersynth.recipes.mixing.candidates import Candidates
from bettersynth.recipes.mixing.mixture import mix_captions

CANDIDATES = Candidates(
    captioner=["tiny", "tiny"],
    candidate=[0, 1],
    text=["new 0", "new 1"],
    image=["", "drawn/b.png"],
    values={"image_text_similarity": [[0.4], [0.6]]},
    of_row={1: [0, 1]},
)


def test_chosen_captions_stand_in_the_place_of_originals():
    before = np.array([0.3, 0.2])
    texts = pa.chunked_array([["old a"], ["old b"]])
    mix = mix_captions(["a", "b"], texts, before, CANDIDATES, {1: 1})
    assert mix.texts(np.array([0, 1])) == ["old a", "new 1"]
    assert mix.texts(np.array([1, 0, 1])) == ["new 1", "old a", "new 1"]
    assert mix.source == ["original", "tiny"]
    assert mix.image == ["", "drawn/b.png"]
    assert mix.candidate.tolist() == [-1, 1]
    assert mix.similarity.tolist() == [0.3, 0.6]
    assert mix.similarity_before.tolist() == [0.3, 0.2]
    assert mix.exchanged.tolist() == [False, True]
    assert mix.weight.tolist() == [0, 0]
