"""Several sources go together, or one line says why not."""

import pytest
from support.default_settings import read_changed

from bettersynth.errors import UserError
from bettersynth.settings.one_source import MOST_FILES, Download

OWN = {"source": "jsonl", "file": "own.jsonl", "images": "own"}
SEED = {
    "source": "better_synth",
    "images": "data/archives/seed",
    "pairs": {"address": "a/pairs.jsonl"},
    "archive": {"address": "a/pictures.tar.gz"},
}
TEXT = {"source": "questions", "type": "text"}


def read(**sources):
    return read_changed("source", name="several", sources=sources)


def test_each_file_is_a_source_of_its_own():
    source = read(web={"source": "packages"}, own=OWN | {"max_samples": 7}, seed=SEED)
    files = source.own_files
    assert list(files) == ["own", "seed"]
    assert (files["own"].name, files["own"].file, files["own"].max_samples) == (
        "jsonl",
        "own.jsonl",
        7,
    )
    assert files["seed"].pairs == Download("a/pairs.jsonl")
    assert source.from_packages and source.wanted_packages
    assert source.types_in("pool") == dict.fromkeys(["web", "own", "seed"], "caption")


def test_one_source_alone_is_as_it_was():
    alone = read_changed("source")
    assert alone.own_files == {} and alone.from_packages
    assert list(alone.types_in("pool")) == ["openclipart", "tuxpaint", "openmoji", "fluent"]
    own = read_changed("source", name="jsonl", file="x.jsonl")
    assert own.own_files == {"": own} and not own.from_packages
    assert (own.types_in("pool"), own.types_in("instruction")) == ({"jsonl": "caption"}, {})


def test_stage_two_has_sources_too():
    source = read(web={"source": "packages"}, more=TEXT | {"split": "instruction"})
    assert source.types_in("instruction") == {"more": "text"}


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({}, "source.sources is empty"),
        ({"a b": OWN}, "the name 'a b' must be of letters"),
        ({"text": OWN}, "the name text has a meaning of its own"),
        ({"own": {"source": "jsonl", "file": "x"}}, "own lacks the setting images, which jsonl"),
        ({"own": OWN | {"of": ["fluent"]}}, "own.of is given, but jsonl takes none"),
        ({"own": OWN | {"pairs": {"address": "x"}}}, "own.pairs is given, but jsonl takes none"),
        ({"own": OWN | {"max_samples": 0}}, "own.max_samples is 0; it must be from 1"),
        ({"own": OWN | {"source": "csv"}}, r"own.source is 'csv'; allowed: packages, jsonl,"),
        ({"web": {"source": "packages", "of": ["noto"]}}, r"of\[0\] is 'noto'; allowed: openclip"),
        ({"web": {"source": "packages", "max_samples": 3}}, "max_samples is given, but packages"),
        ({"web": {"source": "packages", "type": "text"}}, "web.type is text; packages has capt"),
        ({"ask": {"source": "questions"}}, "ask.type is caption; questions are of type instruct"),
        ({"own": OWN | {"split": "instruction"}}, "own.type is caption; stage 2 takes instruction"),
        ({"more": TEXT | {"split": "instruction"}}, "none has split pool"),
        ({"a": OWN, "b": OWN}, "a and b both take own.jsonl"),
        ({"a": OWN, "b": OWN | {"file": "./x/../own.jsonl"}}, r"both take ./x/../own.jsonl"),
        (
            {"a": {"source": "packages", "of": ["fluent"]}, "b": {"source": "packages"}},
            "sources.b takes all packages; give it `of`",
        ),
        (
            {f"s{n}": OWN | {"file": f"{n}.jsonl"} for n in range(MOST_FILES + 1)},
            "has 7 sources with files; 6 are allowed",
        ),
    ],
)
def test_what_does_not_go_together_is_one_line(sources, message):
    with pytest.raises(UserError, match=message):
        read(**sources)


@pytest.mark.parametrize("name", [1, 1.5, True, None])
def test_a_name_that_yaml_reads_as_no_text_is_one_line(name):
    with pytest.raises(UserError, match=f"source.sources: the name {name} is no text; quote it"):
        read_changed("source", name="several", sources={name: OWN})


def test_sources_beside_one_source_are_refused():
    with pytest.raises(UserError, match="sources is given, but source.name is clipart; choose"):
        read_changed("source", sources={"own": OWN})
