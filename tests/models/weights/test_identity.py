import pytest

from bettersynth.models.weights.identity import file_of_model, hash_of_model


def test_a_models_hash_is_over_names_and_contents_of_what_decides(tmp_path):
    hashes = []
    for name, files in (
        ("a", {"config.json": "{}", "model.safetensors": "w"}),
        ("same", {"config.json": "{}", "model.safetensors": "w", "README.md": "words"}),
        ("renamed", {"config.json": "{}", "weights.safetensors": "w"}),
        ("changed", {"config.json": "{}", "model.safetensors": "v"}),
    ):
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_text(content)
        hashes.append(hash_of_model(tmp_path / name))
    assert hashes[0] == hashes[1]
    assert len({hashes[0], hashes[2], hashes[3]}) == 3
    assert all(len(value) == 16 for value in hashes)


def test_a_hub_id_is_hashed_by_its_name():
    assert hash_of_model("someone/model") == hash_of_model("someone/model")
    assert hash_of_model("someone/model") != hash_of_model("someone/other")


def test_the_first_file_that_a_folder_has_is_taken(tmp_path):
    (tmp_path / "b.bin").touch()
    assert file_of_model(tmp_path, "a.safetensors", "b.bin") == tmp_path / "b.bin"
    with pytest.raises(OSError, match="holds no c.bin or d.bin"):
        file_of_model(tmp_path, "c.bin", "d.bin")
