from pathlib import Path

import pytest
from support.small_pool import write_pool

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.rewritten import read_rewrite_card, read_rewritten
from bettersynth.errors import UserError
from bettersynth.recipes.rewrite_section import read_mappers
from bettersynth.recipes.rewriting import rewrite_pool
from bettersynth.settings.rewrite import RewriteSettings

CAPTIONS = ["a dog", "a cat http://a.org/cat", "http://a.org/b", "mail me@a.org http://a.org/x"]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def rewrite(*recipe):
    return rewrite_pool(read_mappers(RewriteSettings(recipe=list(recipe))))


def test_changed_texts_are_kept_beside_the_original_and_counted_by_mapper():
    write_pool(CAPTIONS)
    card = rewrite("clean_links_mapper", {"clean_email_mapper": {"repl": "X"}})
    assert card == {
        "rewritten": 3,
        "without_words": 1,
        "by_mapper": {"clean_links_mapper": 3, "clean_email_mapper": 1},
    }
    assert read_rewrite_card() == card
    rows = read_rewritten().to_pylist()
    assert [row["id"] for row in rows] == ["s01", "s02", "s03"]
    assert rows[2]["original_text"] == text_of_caption(CAPTIONS[3])
    assert rows[2]["mappers"] == ["clean_links_mapper", "clean_email_mapper"]
    assert read_pool()["text"].to_pylist() == [
        text_of_caption("a dog"),
        text_of_caption("a cat "),
        text_of_caption(""),
        text_of_caption("mail X "),
    ]


def test_a_second_run_starts_from_the_pool_again():
    write_pool(CAPTIONS)
    rewrite("clean_links_mapper")
    rewrite("clean_email_mapper")
    assert [row["id"] for row in read_rewritten().to_pylist()] == ["s03"]


def test_what_a_second_mapper_takes_back_is_no_change():
    write_pool(["a dog"])
    swap = {"replace_content_mapper": {"pattern": "dog", "repl": "cat"}}
    back = {"replace_content_mapper": {"pattern": "cat", "repl": "dog"}}
    assert rewrite(swap, back)["rewritten"] == 0
    assert read_rewritten().num_rows == 0


def test_without_mappers_the_pool_is_not_read():
    assert rewrite() == {"rewritten": 0, "without_words": 0, "by_mapper": {}}
    assert Path("data/rewrite/rewritten.parquet").exists()


def test_mappers_need_a_pool():
    with pytest.raises(UserError, match=r"samples.parquet does not exist"):
        rewrite("clean_links_mapper")


def test_lines_that_many_captions_share_are_removed_over_the_whole_pool():
    write_pool(["a dog\nread more", "a cat\nread more", "a bee"])
    card = rewrite({"document_line_deduplicator": {"frequency_threshold": 1}}, "clean_email_mapper")
    assert card["by_mapper"] == {"document_line_deduplicator": 2, "clean_email_mapper": 0}
    assert read_pool()["text"].to_pylist()[:2] == [
        "<__dj__image>\na dog\n<|__dj__eoc|>",
        "<__dj__image>\na cat\n<|__dj__eoc|>",
    ]
