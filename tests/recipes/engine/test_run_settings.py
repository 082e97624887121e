import pytest
import yaml

from bettersynth.data.row_files.reading import ROW_ENDINGS
from bettersynth.errors import UserError
from bettersynth.measuring.launching import Launch
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


def test_a_recipe_is_read_with_its_lines(tmp_path, capsys):
    settings, lines = read(tmp_path, process=["words_num_filter"], np=2)
    assert [line.label for line in lines] == ["words_num_filter"]
    assert settings.export.name == "hello_world.jsonl"
    assert capsys.readouterr().err == ""


def test_what_is_not_obeyed_and_changes_nothing_is_named_once(tmp_path, capsys):
    read(tmp_path, use_checkpoint=True, executor_type="ray", skip_op_error=True, work_dir=None)
    names = "executor_type, use_checkpoint"
    assert f"recipe.yaml: not obeyed: {names}; they change no row here" in capsys.readouterr().err


def test_np_beyond_the_cores_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_THREADS", "2")
    settings, _ = read(tmp_path, np=8)
    assert settings.launch == Launch(workers=2)
    assert "np is 8, and 2 processes work: one a core" in capsys.readouterr().err


def test_a_line_that_keeps_one_process_at_work_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_THREADS", "2")
    process = [{"words_num_filter": {}}, {"image_captioning_mapper": {"captioner": "blip"}}]
    read(tmp_path, np=2, process=process)
    told = "np is 2, and one process works where new samples are made: image_captioning_mapper"
    assert told in capsys.readouterr().err
    read(tmp_path, np=1, process=process)
    assert "np is" not in capsys.readouterr().err


def test_a_ray_cluster_may_have_more_cores_than_this_machine(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: True)
    settings, _ = read(tmp_path, np=800, engine="ray")
    assert settings.launch == Launch("ray", 800)
    assert settings.shares_scores
    assert capsys.readouterr().err == ""


def test_machines_that_share_no_lock_share_no_score_cache(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: True)
    settings, _ = read(tmp_path, engine="ray", address="HOST:6379")
    assert not settings.shares_scores
    assert "neither reads nor fills the score cache" in capsys.readouterr().err


def test_an_address_without_its_engine_is_refused(tmp_path):
    with pytest.raises(UserError, match="address HOST:6379 is that of a Ray cluster; set engine"):
        read(tmp_path, address="HOST:6379")


def test_ray_that_is_not_installed_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UserError, match="pip install 'bettersynth.ray.'`, or use engine: local"):
        read(tmp_path, engine="ray")


def test_weights_without_a_number_of_rows_to_draw_are_told(tmp_path, capsys):
    settings, _ = read(tmp_path, dataset_path="0.3 a.jsonl 0.7 b.jsonl")
    assert [(source.path, source.weight) for source in settings.sources] == [
        ("a.jsonl", 0.3),
        ("b.jsonl", 0.7),
    ]
    assert settings.drawn_rows is None
    assert "weights count only with dataset.max_sample_num" in capsys.readouterr().err


def test_dataset_path_goes_before_dataset(tmp_path, capsys):
    several = {"configs": [{"path": "b.jsonl", "weight": 2}], "max_sample_num": 5}
    settings, _ = read(tmp_path, dataset=several)
    assert settings.data_set_name == "a.jsonl"
    assert "dataset is not read: dataset_path goes before it" in capsys.readouterr().err
    settings, _ = read(tmp_path, dataset_path="", dataset=several)
    assert (settings.data_set_name, settings.drawn_rows) == ("b.jsonl", 5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"text_keys": []}, "text_keys is empty"),
        (
            {"export_path": "out.csv"},
            "export_path out.csv must end in .jsonl, .json",
        ),
        ({"suffixes": [".txt"]}, "suffixes names .txt; what can be read: .jsonl, .json"),
        ({"load_dataset_kwargs": {"split": "train"}}, r"load_dataset_kwargs \{.* is not done here"),
        ({"dataset": {"configs": []}}, "dataset.configs is empty; it must name a source"),
        ({"dataset": {"configs": [{"path": "a", "type": "remote"}]}}, "type is 'remote'; allowed"),
        ({"dataset": {"configs": [{"path": "a"}], "max_sample_num": 0}}, "must be above 0"),
        ({"dataset_path": ""}, "dataset_path is not set"),
        ({"export_type": "csv"}, "export_type is 'csv'; allowed: jsonl, json, parquet, webd"),
        ({"export_shard_size": -1}, "export_shard_size is -1; it must not be below 0"),
        ({"eoc_special_token": ""}, "eoc_special_token is empty, which every text holds"),
        ({"np": 0}, "np is 0; it must be 1 or more processes"),
        ({"max_reject_share": 5}, r"max_reject_share is 5; it must be in \[0, 1\]"),
        ({"export_path": "~/a.jsonl"}, "export_path ~/a.jsonl: write out the folder that ~ means"),
        ({"op_list_to_trace": ["x_filter"]}, "op_list_to_trace names x_filter, which is no line"),
        ({"decrypt_after_reading": True}, "decrypt_after_reading True would change what is read"),
        ({"exprot_path": "x"}, r"has no setting exprot_path \(did you mean export_path\?\)"),
    ],
)
def test_what_no_run_can_use_is_one_line(tmp_path, settings, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, **settings)


def test_settings_that_ask_for_nothing_are_read_over(tmp_path):
    nothing = {"load_dataset_kwargs": {}, "dataset": None, "export_type": "jsonl", "validators": []}
    settings, lines = read(tmp_path, export_shard_size=0, suffixes=[], **nothing)
    assert (settings.dataset, settings.read_suffixes, lines) == (None, ROW_ENDINGS, [])


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
