"""A captioner that could not work is refused before the first stage."""

from __future__ import annotations

from typing import Any

import pytest
from support.default_settings import default_settings, read_changed

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.captioner_check import require_captioner, require_truth

OWN = default_settings("source", name="jsonl")
ORACLE = default_settings("caption", captioner="oracle", settings={})
NO_ORACLE = default_settings("filter", oracle=False)


def check_bank(bank: str, **source: Any) -> None:
    caption = default_settings("caption", captioner="nano_neighbours", settings={"bank": bank})
    captioner = default_settings("captioner", train=False)
    require_captioner(caption, captioner, {}, default_settings("source", **source))


def test_a_bank_is_a_source_of_pictures_that_is_fetched() -> None:
    for bank in ("twemoji", "noto", "openclipart"):
        check_bank(bank)
    with pytest.raises(UserError, match=r"bank is twemojis \(did you mean twemoji\?\); the"):
        check_bank("twemojis")
    # a style of conf/source/clipart_styles.yaml, whose package the default does not fetch
    with pytest.raises(UserError, match="bank is emojione.* are: fluent, noto, openclipart, "):
        check_bank("emojione")
    with pytest.raises(UserError, match=r"are: none \(source.embedded is false\)"):
        check_bank("twemoji", name="jsonl", embedded=False)


def test_nano_s_captioner_is_trained_where_it_is_asked() -> None:
    source = default_settings("source")
    asked = default_settings("caption", captioner="nano_prefix", settings={})
    require_captioner(asked, default_settings("captioner"), {}, source)
    with pytest.raises(UserError, match="caption.captioner asks nano's captioner, but capt"):
        require_captioner(asked, default_settings("captioner", train=False), {}, source)


def test_the_truth_about_the_users_own_pairs_is_known_of_planted_mismatches_alone() -> None:
    pool = default_settings("pool")
    no_captions = default_settings("caption", captioner="none")
    require_truth(ORACLE, NO_ORACLE, default_settings("source"), pool)
    require_truth(ORACLE, NO_ORACLE, OWN, default_settings("pool", planted_share=0.3))
    require_truth(no_captions, NO_ORACLE, OWN, pool)
    with pytest.raises(UserError, match="captioner is oracle, which knows planted"):
        require_truth(ORACLE, NO_ORACLE, OWN, pool)
    with pytest.raises(UserError, match="filter.oracle is true, which knows planted mismatches"):
        require_truth(no_captions, default_settings("filter", oracle=True), OWN, pool)
    pairs = {"source": "jsonl", "file": "own.jsonl", "images": "own"}
    mine = {"name": "several", "sources": {"own": pairs}}
    with pytest.raises(UserError, match="or set pool.planted_share"):
        require_truth(ORACLE, NO_ORACLE, read_changed("source", **mine), pool)
    mine["sources"]["web"] = {"source": "packages"}
    require_truth(ORACLE, NO_ORACLE, read_changed("source", **mine), pool)
