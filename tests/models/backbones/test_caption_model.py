"""Teacher forcing and one word at a time are the same network."""

import torch

from bettersynth.models.backbones.caption_model import CaptionModel


def test_word_by_word_gives_the_logits_of_the_whole_caption() -> None:
    torch.manual_seed(0)
    model = CaptionModel(vocabulary=9, width=4, hidden=8, dropout=0.5).eval()
    features, ids = torch.rand(2, 1280), torch.tensor([[1, 5, 6], [1, 7, 8]])
    with torch.inference_mode():
        whole = model(features, ids)
        state, context = model.start(features)
        steps = []
        for position in range(3):
            logits, state = model.step(ids[:, position : position + 1], state, context)
            steps.append(logits)
    assert whole.shape == (2, 3, 9)
    torch.testing.assert_close(torch.cat(steps, dim=1), whole)


def test_another_picture_gives_another_first_word() -> None:
    torch.manual_seed(0)
    model = CaptionModel(vocabulary=9, width=4, hidden=8, dropout=0.0).eval()
    ids = torch.full((2, 1), 1)
    with torch.inference_mode():
        one, two = model(torch.stack([torch.zeros(1280), torch.ones(1280)]), ids)
    assert not torch.equal(one, two)
