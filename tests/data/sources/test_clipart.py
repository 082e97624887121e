from __future__ import annotations

import pytest
from support.default_settings import default_settings
from support.small_archives import openclipart_svg, write_clipart_archives

from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.sources.clipart import captions_of, read_clipart_pairs, title_of


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("A red apple", "A red apple"),
        ("Clipart by Ann Other - green tree", "Clipart by Ann Other - green tree"),
        ("two_words  here", "two words here"),
        ("Lamp 12", "Lamp"),
        ("M16", "M16"),
        ("Cassa d&amp;#39;epoca", "Cassa d'epoca"),
        ("drawing2.svg", ""),
        ("me@example.org", ""),
        ("http://example.org/x", ""),
        ("123 45", ""),
        ("Untitled document", ""),
        ("", ""),
    ],
)
def test_a_title_is_cleaned_lightly_and_junk_is_none(given, title):
    assert title_of(openclipart_svg(given, 1).decode()) == title


def test_titles_and_sentences_become_captions(tmp_path):
    pairs = read_clipart_pairs(
        write_clipart_archives(tmp_path),
        default_settings("pool.clipart", openclipart_pool=3, tuxpaint_pool=1),
        seed=0,
    )
    captions = {pair.id: caption_of_text(pair.text) for pair in pairs}
    assert captions["tuxpaint-toys-kite"] == "A kite in the sky."
    assert sorted(text for name, text in captions.items() if name.startswith("openclipart")) == [
        "A red apple",
        "Cassa d'epoca",
        "Lamp",
        "Old ship",
        "green tree",
    ]
    assert [pair.pictures[0].kind for pair in pairs if pair.id == "tuxpaint-toys-kite"] == ["svg"]


def test_so_many_pairs_as_asked_go_to_the_pool_and_the_seed_decides_which(tmp_path):
    archives = write_clipart_archives(tmp_path)

    def pool(seed: int) -> set[str]:
        pairs = read_clipart_pairs(
            archives, default_settings("pool.clipart", openclipart_pool=3, tuxpaint_pool=1), seed
        )
        assert {pair.split for pair in pairs} == {"pool", "reference"}
        return {pair.id for pair in pairs if pair.split == "pool"}

    assert len(pool(0)) == 4
    assert pool(0) == pool(0)
    assert len({frozenset(pool(seed)) for seed in range(8)}) > 1


def test_a_collections_title_gives_way_to_the_files_name():
    titles = {
        f"signs/aiga_{word}1": "AIGA Symbol Signs"
        for word in ("fire_extinguisher", "bus", "mail", "no_entry", "x")
    }
    titles |= {f"signs/aiga_{k}": "AIGA Symbol Signs" for k in range(12)}
    titles |= {
        "food/lemon": "Clipart by Ann Other - pear",
        "food/pear": "Clipart by Ann Other - pear",
        "a": "Clipart by B - tree",
        "b": "Owl",
    }
    assert captions_of(titles, 4) == {
        "signs/aiga_fire_extinguisher1": "fire extinguisher",
        "signs/aiga_bus1": "bus",
        "signs/aiga_mail1": "mail",
        "signs/aiga_no_entry1": "no entry",
        "food/lemon": "lemon",
        "food/pear": "pear",
        "a": "tree",
        "b": "Owl",
    }
