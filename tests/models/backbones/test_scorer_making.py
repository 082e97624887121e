"""A scorer is made of the reference split, or a ready one is noted."""

import pytest
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.models.backbones import scorer_making
from bettersynth.models.backbones.scorer_making import make_scorer, note_ready_scorer


def test_a_missing_folder_is_named_with_its_setting(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"clip \(scorer\.folder\) does not exist"):
        note_ready_scorer("clip")


def test_too_few_pairs_are_refused_before_the_text_tower_is_read(tmp_path, monkeypatch) -> None:
    from support.small_features import write_world

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scorer_making, "TextTower", lambda: pytest.fail("it was read"))
    write_world(reference=10)
    with pytest.raises(UserError, match="10 reference pairs"):
        make_scorer(default_settings("scorer"), processes=1)
