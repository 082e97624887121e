import pytest
from support.small_pool import write_pool

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.samples.pool_samples import pool_batch, read_pool
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.errors import UserError


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_stage_1_sees_its_split_alone():
    ids = write_pool(["one", "two words"])
    pool = read_pool()
    assert pool["id"].to_pylist() == ids
    assert set(pool["split"].to_pylist()) == {"pool"}


def test_a_batch_knows_its_pictures_without_decoding_them():
    write_pool(["one", "two words"])
    batch = pool_batch(read_pool())
    name = batch.images[0][0]
    assert batch.pictures.sha256(name) == sha256_of_bytes(batch.pictures.read(name))
    assert batch.pictures.shape(name) == batch.pictures.picture(name).size
    assert batch.rows == ()


def test_other_texts_stand_in_the_place_of_the_captions():
    write_pool(["one", "two words"])
    batch = pool_batch(read_pool(), ["a", "b"], [{"n": 1}, {"n": 2}])
    assert batch.texts == ["a", "b"]
    assert batch.rows[0]["text"] == "a"
    assert batch.rows[1]["style"] == "noise"
    assert batch.rows[1]["__dj__stats__"] == {"n": 2}
    assert batch.rows[1]["__dj__suffix__"] == ".parquet"


def test_a_missing_pool_and_one_without_stage_1_are_one_line():
    with pytest.raises(UserError, match="samples.parquet does not exist; run `snakemake"):
        read_pool()
    write_pool([])
    with pytest.raises(UserError, match="holds no sample of the split pool"):
        read_pool()


def test_a_damaged_pool_is_one_line_whatever_columns_are_asked_for():
    write_pool(["one", "two words"])
    content = SAMPLES.read_bytes()
    for damaged in (b"", content[: len(content) // 2]):
        SAMPLES.write_bytes(damaged)
        with pytest.raises(UserError, match="samples.parquet is damaged"):
            read_pool(["id"])


@pytest.mark.parametrize("columns", [(), ("id", "text")])
def test_a_folder_in_the_place_of_the_pool_is_one_line(columns):
    SAMPLES.mkdir(parents=True)
    with pytest.raises(
        UserError, match=r"data/pool/samples\.parquet is a folder; it must be a file"
    ):
        read_pool(columns)
