"""What a trained model sees, in this process; test_answerer.py asks it further."""

from __future__ import annotations

import pytest
import torch
from support.default_settings import default_settings
from support.small_training import picture, run, small_project

from bettersynth.errors import UserError
from bettersynth.models.answering.answerer import trained_folder
from bettersynth.models.answering.asked_model import AskedModel, _decode


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = small_project(tmp_path_factory.mktemp("asked"))
    with pytest.MonkeyPatch.context() as patch:
        run(patch, folder, "pretrain", "0")
        run(patch, folder, "finetune", "0")
    return folder


def test_pictures_are_seen_in_batches_of_the_settings_size(project, monkeypatch):
    monkeypatch.chdir(project)
    model = AskedModel(trained_folder(0), default_settings("predict", batch_size=2))
    sizes = []
    whole = model.model.image_tokens
    monkeypatch.setattr(
        model.model, "image_tokens", lambda *maps: sizes.append(len(maps[0])) or whole(*maps)
    )
    seen = model.see([picture(k) for k in (3, 1, 4)])
    assert sizes == [2, 1]
    assert seen.shape == (3, 4, 16)
    assert torch.equal(seen[2:], model.see([picture(4)]))


def test_a_picture_that_cannot_be_decoded_is_told_by_its_number():
    with pytest.raises(UserError, match="picture 7 of the benchmark: "):
        _decode(b"no picture", "picture 7")
