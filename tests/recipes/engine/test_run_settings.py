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
        ({"exprot_path": "x"}, r"has no setting exprot_path \(did you mean export_path\?\)"),
    ],
)
def test_what_no_run_can_use_is_one_line(tmp_path, settings, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, **settings)
