"""The tool that writes the code into dvc.yaml."""

import pytest

from bettersynth.data.files.code_digest import FOLDER, holds_code
from bettersynth.errors import UserError
from bettersynth.experiments.workflow import code_dependencies
from bettersynth.experiments.workflow.code_dependencies import (
    files_of_stage,
    note_unlisted,
    stage_code,
    used_operators,
    whole_folders,
    with_code,
)

DVC_YAML = """\
# A comment that stays.
stages:
  score:
    cmd: python -m bettersynth.steps.score
    deps:
      - results/predictions
      - src/bettersynth/no_such_file.py
      - src/bettersynth/models
    outs: [results/items.parquet]

  stats:
    foreach: ${stats}
    do:
      cmd: python -m bettersynth.steps.stats
      deps:
        - data/pool/samples.parquet
      outs: ["data/stats/${key}.parquet"]
"""


def test_code_is_replaced_and_everything_else_stays():
    written = with_code(DVC_YAML, ["words_num_filter"])
    old, new = DVC_YAML.splitlines(), written.splitlines()
    gone = {line.strip() for line in old} - {line.strip() for line in new}
    assert gone == {"- src/bettersynth/no_such_file.py", "- src/bettersynth/models"}
    kept = [line for line in new if "- src/" not in line]
    assert kept == [line for line in old if "- src/" not in line]
    assert "      - src/bettersynth/steps/score.py" in new
    assert "        - src/bettersynth/operators/${item.operator}.py" in new
    assert with_code(written, ["words_num_filter"]) == written


def test_a_stage_without_a_list_of_dependencies_is_one_line():
    with pytest.raises(UserError, match="the stage score has no `deps:`"):
        with_code("stages:\n  score:\n    cmd: x\n    deps: [a]\n", [])


def test_operators_in_use_are_those_of_the_conf_and_of_params_yaml(tmp_path):
    (tmp_path / "conf/filter").mkdir(parents=True)
    (tmp_path / "conf/audit").mkdir(parents=True)
    recipe = "recipe:\n  - words_num_filter: {min_num: 3}\n  - image_deduplicator\n"
    (tmp_path / "conf/filter/mine.yaml").write_text(recipe)
    (tmp_path / "conf/audit/mine.yaml").write_text("recipe: [flagged_words_filter]\n")
    (tmp_path / "params.yaml").write_text("stats: {text_length_filter: {}}\n")
    assert used_operators(tmp_path) == [
        "image_deduplicator",
        "random_selector",
        "text_length_filter",
        "words_num_filter",
    ]


def test_an_operator_is_measured_by_its_own_file_and_decided_on_without_its_model():
    operators = ["image_text_similarity_filter"]
    scorer = "src/bettersynth/models/backbones/lit_scorer.py"
    own = "src/bettersynth/operators/image_text_similarity_filter.py"
    stats, restats = stage_code("stats", operators), stage_code("restats", operators)
    decided = stage_code("filter", operators)
    assert scorer in stats and scorer in restats and scorer not in decided
    assert own not in stats and own in restats and own in decided


def test_new_versions_are_measured_by_every_operator():
    weights = FOLDER / "models/weights/reading.py"
    for stage in ("stats", "restats"):
        assert weights in files_of_stage(stage, ["image_nsfw_filter"])
        assert weights in files_of_stage(stage, ["image_text_matching_filter"])


def test_mappers_are_the_code_of_the_stage_that_runs_them():
    mapper = FOLDER / "operators/clean_links_mapper.py"
    stages = ["rewrite", "stats", "filter", "draw", "restats", "mix", "report"]
    watching = [stage for stage in stages if mapper in files_of_stage(stage, [mapper.stem])]
    assert watching == ["rewrite"]
    assert FOLDER / "operators/image_diffusion_mapper.py" in files_of_stage("draw", [])


def test_a_folder_stands_for_its_files_where_all_are_needed():
    room = {file for file in (FOLDER / "models/weights").glob("*.py") if holds_code(file)}
    errors = FOLDER / "errors.py"
    assert whole_folders(room | {errors}) == {FOLDER / "models/weights", errors}
    one_less = room - {FOLDER / "models/weights/reading.py"}
    assert whole_folders(one_less) == one_less
    writing = FOLDER / "data/files/writing.py"  # beside plumbing
    assert whole_folders({writing}) == {writing}


def test_captions_depend_on_the_chosen_captioner_and_on_what_captioners_import():
    listed = stage_code("caption", [])
    assert "src/bettersynth/models/captioners/${caption.captioner}.py" in listed
    assert "src/bettersynth/models/generation/chat_endpoint.py" in listed
    assert "src/bettersynth/models/captioners/blip.py" not in listed
    assert FOLDER / "models/backbones/lit_scorer.py" in files_of_stage("caption", [])


def test_an_operator_that_is_not_listed_is_noted(tmp_path, capsys):
    note_unlisted("words_num_filter", tmp_path)  # a step alone in a folder: nothing to note
    (tmp_path / "dvc.yaml").write_text(with_code(DVC_YAML, ["words_num_filter"]))
    note_unlisted("text_length_filter", tmp_path)
    noted = capsys.readouterr().err
    assert "does not list the code of text_length_filter" in noted
    assert code_dependencies.COMMAND in noted


def test_the_command_compares_and_writes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    monkeypatch.setattr("sys.argv", ["code_dependencies"])
    with pytest.raises(UserError, match="run `python -m .*code_dependencies --write`"):
        code_dependencies.main()
    assert (tmp_path / "dvc.yaml").read_text() == DVC_YAML
    monkeypatch.setattr("sys.argv", ["code_dependencies", "--write"])
    code_dependencies.main()
    code_dependencies.main()
    assert capsys.readouterr().out == (
        "wrote dvc.yaml\ndvc.yaml lists the code that its stages depend on\n"
    )
