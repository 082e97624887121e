import pytest
import yaml

from bettersynth.errors import UserError
from bettersynth.recipes.engine.run_settings import read_run


def read(tmp_path, **settings):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({"dataset_path": "a.jsonl", **settings}))
    return read_run(path)


@pytest.mark.parametrize("keys", ["caption", ["caption", "title"]])
def test_of_several_text_keys_the_first_counts(tmp_path, keys):
    settings, _ = read(tmp_path, text_keys=keys, image_special_token="<img>")
    assert settings.form.text_key == "caption"
    assert settings.form.tokens.image == "<img>"


def test_a_recipe_is_read_with_its_lines_and_what_changes_nothing_is_read_over(tmp_path):
    settings, lines = read(tmp_path, process=["words_num_filter"], open_tracer=True)
    assert [line.label for line in lines] == ["words_num_filter"]
    assert settings.export.name == "hello_world.jsonl"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"text_keys": []}, "text_keys is empty"),
        ({"export_path": "out.json"}, "export_path out.json must end in .jsonl"),
        ({"suffixes": [".txt"]}, "suffixes names .txt; what can be read: .jsonl, .json"),
        ({"load_dataset_kwargs": {"split": "train"}}, r"load_dataset_kwargs \{.* is not done here"),
        ({"dataset": {"configs": []}}, "dataset .*; dataset_path names the data set"),
        ({"export_type": "parquet"}, "export_type 'parquet' would change what is"),
        ({"export_shard_size": 100}, "export_shard_size 100 would change"),
        ({"exprot_path": "x"}, r"has no setting exprot_path \(did you mean export_path\?\)"),
    ],
)
def test_what_no_run_can_use_is_one_line(tmp_path, settings, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, **settings)


def test_settings_that_ask_for_nothing_are_read_over(tmp_path):
    nothing = {"load_dataset_kwargs": {}, "dataset": None, "export_type": "jsonl", "validators": []}
    read(tmp_path, export_shard_size=0, suffixes=[], **nothing)


@pytest.mark.parametrize(("suffixes", "names"), [(["json"], ["b"]), (None, ["a", "b"])])
def test_suffixes_say_which_files_of_a_folder_are_read(tmp_path, suffixes, names):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.jsonl").touch()
    (folder / "b.json").touch()
    settings, _ = read(tmp_path, dataset_path=str(folder), suffixes=suffixes)
    assert [path.stem for path in settings.datasets] == names
    alone, _ = read(tmp_path, dataset_path=str(folder / "a.jsonl"), suffixes=".json")
    with pytest.raises(UserError, match=r"dataset_path .*a.jsonl is none of suffixes .json"):
        _ = alone.datasets
