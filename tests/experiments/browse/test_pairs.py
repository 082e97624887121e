import pyarrow as pa
import pytest
from support.small_looks import PLANTED, small_looks
from support.small_pool import write_params, write_pool
from support.small_report import CAPTIONS

from bettersynth.data.samples.text_form import caption_of_text, text_of_caption
from bettersynth.data.tables.rewritten import write_rewritten
from bettersynth.errors import UserError
from bettersynth.experiments.browse.pairs import captions_of, read_pairs


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_every_value_verdict_and_truth_of_the_pool_is_a_column():
    pairs = small_looks().pairs
    assert len(pairs) == 8
    assert pairs.column("caption").to_pylist() == CAPTIONS
    assert pairs.column("rule")[0].as_py() == "image_text_similarity_filter"
    assert pairs.column("image_text_similarity_filter keeps")[3].as_py() is True
    assert pairs.column("weight")[3].as_py() > 0
    assert pairs.numbers("num_words")[0] == 4
    assert pairs.planted.tolist() == PLANTED
    assert pairs.candidates["caption"].to_pylist() == ["a brown dog", "nothing much"]
    assert "image_text_similarity" in pairs.candidates.column_names


def test_a_pool_alone_can_be_looked_at():
    write_pool(["a dog", "a cat"])
    write_params(mix={})
    pairs = read_pairs("workspace")
    assert list(pairs.columns) == ["id", "caption", "source", "style", "concept", "group"]
    assert pairs.planted is None
    with pytest.raises(UserError, match="no column 'kept'; the columns are: id, caption"):
        pairs.column("kept")


def test_a_caption_is_the_one_that_mappers_left():
    ids = write_pool(["a dog", "a cat"])
    write_params(mix={})
    row = {"id": ids[1], "text": text_of_caption("a lynx"), "mappers": ["x_mapper"]}
    write_rewritten([row | {"original_text": text_of_caption("a cat")}], {})
    assert read_pairs("workspace").column("caption").to_pylist() == ["a dog", "a lynx"]


def test_decisions_of_another_pool_are_left_out():
    small_looks()
    write_pool(["a dog", "a cat"])
    assert "kept" not in read_pairs("workspace").columns


def test_without_a_pool_the_command_is_named(tmp_path):
    with pytest.raises(UserError, match="snakemake --cores all data/pool/samples.parquet"):
        read_pairs("workspace")


def test_another_folders_run_is_looked_at_from_here(tmp_path, monkeypatch):
    small_looks()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(read_pairs(str(tmp_path))) == 8


@pytest.mark.parametrize(
    "text", ["<__dj__image>\na dog <|__dj__eoc|>", " plain ", "", "a <|__dj__eoc|> b"]
)
def test_captions_are_those_of_the_text_form(text):
    texts = pa.chunked_array([pa.array([text])])
    assert captions_of(texts).to_pylist() == [caption_of_text(text)]
