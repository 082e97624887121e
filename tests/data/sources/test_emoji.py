from __future__ import annotations

from collections import defaultdict

import pytest
from support.default_settings import default_settings
from support.small_archives import (
    CODES,
    LABELS,
    drawing,
    write_emoji_archives,
    write_style_archives,
    write_tgz,
)

from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.sources.emoji import is_instruction, read_emoji_pairs, read_emojis
from bettersynth.errors import UserError


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    return write_emoji_archives(tmp_path_factory.mktemp("emoji"))


def test_a_question_concept_is_in_the_pool_in_two_styles_and_asked_about_in_a_third(archives):
    splits = defaultdict(set)
    for pair in read_emoji_pairs(
        archives, default_settings("pool.emoji", instruction_share=0.4), 0
    ):
        if pair.concept:
            splits[pair.concept].add((pair.style, pair.split))
    assert set(splits) == set(LABELS)
    for concept, seen in splits.items():
        if is_instruction(concept, 0.4):
            assert seen == {
                ("openmoji", "instruction"),
                ("fluent", "instruction"),
                ("noto", "reference"),
            }
        else:
            assert seen == {("openmoji", "pool"), ("fluent", "pool"), ("noto", "benchmark")}
    assert 0 < sum(is_instruction(concept, 0.4) for concept in LABELS) < len(LABELS)


def test_look_alikes_serve_the_reference_and_variants_and_flags_nothing(archives):
    pairs = read_emoji_pairs(archives, default_settings("pool.emoji"), 0)
    assert {pair.split for pair in pairs if "grinning face" in pair.text} == {"reference"}
    assert {pair.split for pair in pairs if "goldfish" in pair.text} == {"reference"}
    assert not [
        pair
        for pair in pairs
        if "woman" in pair.text or "Italy" in pair.text or "regional" in pair.text
    ]


def test_the_pools_captions_vary_with_the_seed_and_name_the_concept(archives):
    settings = default_settings("pool.emoji", caption_templates=("{label}", "a drawing of {label}"))
    texts = [
        {pair.id: caption_of_text(pair.text) for pair in read_emoji_pairs(archives, settings, seed)}
        for seed in (0, 0, 1)
    ]
    assert texts[0] == texts[1] != texts[2]
    pool = [pair for pair in read_emoji_pairs(archives, settings, 0) if pair.split == "pool"]
    assert all(pair.concept in pair.text for pair in pool)
    assert {caption_of_text(pair.text).split(pair.concept)[0] for pair in pool} == {
        "",
        "a drawing of ",
    }


def test_a_package_without_its_list_is_one_clear_error(tmp_path):
    with pytest.raises(UserError, match=r"holds no package/en/data\.json"):
        read_emojis(write_tgz(tmp_path / "emojibase.tgz", {"package/readme": b""}))


def test_a_further_style_serves_the_reference_alone(archives, tmp_path):
    files = {f"package/{code.lower()}.svg": drawing(k + 1, 5) for k, code in enumerate(CODES)}
    archives = archives | {"@twemoji/svg": write_tgz(tmp_path / "twemoji.tgz", files)}

    def seen(knows: bool) -> dict[str, str]:
        pairs = read_emoji_pairs(
            archives, default_settings("pool.emoji", reference_knows_concepts=knows), 0
        )
        return {pair.concept: pair.split for pair in pairs if pair.style == "twemoji"}

    assert seen(True) == dict.fromkeys(LABELS, "reference")
    assert set(seen(False)) == {label for label in LABELS if is_instruction(label, 0.28)}


def test_further_styles_are_for_the_pool_alone_and_change_no_other_pair(archives, tmp_path):
    settings = default_settings("pool.emoji", instruction_share=0.4)
    default = read_emoji_pairs(archives, settings, 0)
    pairs = read_emoji_pairs(archives | write_style_archives(tmp_path), settings, 0)
    further = [pair for pair in pairs if pair.style in ("fluent-flat", "emojione")]
    assert [pair for pair in pairs if pair not in further] == default
    # instruction concepts and question concepts; emojione draws all but the last
    drawn = defaultdict(list)
    for pair in further:
        assert (pair.split, pair.source) == ("pool", pair.style)
        assert pair.concept in pair.text
        drawn[pair.style].append(pair.concept)
    assert drawn == {"fluent-flat": LABELS, "emojione": LABELS[:-1]}


def test_a_further_style_of_what_is_no_concept_serves_the_reference(archives, tmp_path):
    settings = default_settings("pool.emoji", no_concept_labels="dog|koala")
    pairs = read_emoji_pairs(archives | write_style_archives(tmp_path), settings, 0)
    unasked = [pair for pair in pairs if not pair.concept and pair.style == "fluent-flat"]
    assert [pair.id for pair in unasked] == ["fluent-flat-1f400", "fluent-flat-1f411"]
    assert {pair.split for pair in unasked} == {"reference"}
