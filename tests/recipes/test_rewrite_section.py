import pytest

from bettersynth.errors import UserError
from bettersynth.recipes.rewrite_section import read_mappers
from bettersynth.settings.rewrite import RewriteSettings


def read(*recipe):
    return read_mappers(RewriteSettings(recipe=list(recipe)))


def test_text_mappers_are_lines_with_settings_of_their_own():
    lines = read("clean_links_mapper", {"clean_links_mapper": {"repl": "LINK"}})
    assert [line.label for line in lines] == ["clean_links_mapper", "clean_links_mapper#2"]
    assert lines[1].deciding.repl == "LINK"
    assert read() == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("words_num_filter", "words_num_filter changes no text; a filter belongs in filter.recipe"),
        ("image_captioning_mapper", r"makes samples; the pipeline makes captions in its stage cap"),
        ("text_chunk_mapper", "makes samples; the pipeline has no stage for it: write its samples"),
        ({"clean_links_mapper": {"text_key": "title"}}, "works on title; a sample of the pool has"),
        ({"clean_links_mapper": {"replace": ""}}, "has no setting replace"),
        ("clean_linx_mapper", r"no operator clean_linx_mapper \(did you mean clean_links_mapper"),
    ],
)
def test_what_rewrites_no_text_is_refused_with_its_place(line, message):
    with pytest.raises(UserError, match=message):
        read(line)
