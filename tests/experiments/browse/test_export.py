import os

import pytest
from support.small_looks import small_looks
from support.small_pool import write_params, write_pool

from bettersynth.errors import UserError
from bettersynth.experiments.browse.export import export_page
from bettersynth.experiments.browse.looks import Looks
from bettersynth.experiments.browse.marks import Marks
from bettersynth.experiments.browse.pairs import read_pairs


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_sample_of_each_group_is_written_with_its_pictures(tmp_path):
    page = export_page(small_looks(), tmp_path / "shared/page")
    text = page.read_text()
    for title in ("Kept", "Kept with a wrong caption", "Dropped by image_text_similarity_filter"):
        assert f"<h2>{title} " in text
    assert "Trained on with a new caption" in text
    assert "Of the 3 planted mismatches it finds 2: precision 50.0%, recall 66.7%." in text
    assert "<td>4</td><td>4</td>" in text
    assert sorted(os.listdir(page.parent)) == ["index.html", "page.css", "pictures"]
    assert len(os.listdir(page.parent / "pictures")) == 8
    for name in os.listdir(page.parent / "pictures"):
        assert f'src="pictures/{name}"' in text


def test_a_script_in_a_caption_is_text(tmp_path):
    text = export_page(small_looks(), tmp_path / "page").read_text()
    assert "<script" not in text
    assert "a &lt;script&gt;alert(1)&lt;/script&gt; cat" in text
    assert "http" not in text.replace("http-equiv", "")


def test_an_older_export_is_replaced_and_another_folder_is_not(tmp_path):
    looks = small_looks()
    export_page(looks, tmp_path / "page")
    (tmp_path / "page/pictures/old.png").write_bytes(b"")
    export_page(looks, tmp_path / "page")
    assert not (tmp_path / "page/pictures/old.png").exists()
    with pytest.raises(UserError, match="exists and is no page of browse"):
        export_page(looks, tmp_path / "data")
    assert [name for name in os.listdir(tmp_path) if name.startswith(".page")] == []


def test_a_pool_alone_is_exported(tmp_path):
    write_pool(["a dog", "a cat"])
    write_params(mix={})
    looks = Looks(read_pairs("workspace"), Marks("ann"))
    text = export_page(looks, tmp_path / "page").read_text()
    assert "<h2>Pairs <span" in text
    assert "The recipe" not in text
