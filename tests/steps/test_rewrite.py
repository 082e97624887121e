import pytest
from support.small_pool import write_params, write_pool

from bettersynth.steps import rewrite


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pool(["a dog", "http://a.org/b"])


def test_the_mappers_of_the_recipe_are_counted(capsys):
    write_params(rewrite={"recipe": ["clean_links_mapper"]})
    assert rewrite.main() == {"samples": 1}
    shown = capsys.readouterr().out
    assert "1 texts changed by clean_links_mapper" in shown
    assert "1 texts have no word left; a text_length_filter in filter.recipe drops them" in shown


def test_by_default_nothing_is_rewritten(capsys):
    write_params(rewrite={})
    assert rewrite.main() == {"samples": 0}
    assert capsys.readouterr().out == "rewrite: 0 texts of the pool changed\n"
