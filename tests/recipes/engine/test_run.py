from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from support.small_run import FIXTURES, dataset, run

from bettersynth.errors import UserError
from bettersynth.models.devices.held_model import held_model
from bettersynth.operators import image_shape_filter, words_num_filter
from bettersynth.recipes.engine.run import run_recipe


class SlowModel:
    def look(self):
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_is_left_is_exported_byte_for_byte_with_a_stats_file_beside_it(capsys):
    dataset([{"id": "a", "text": "one two three", "extra": 1.50}, {"id": "b", "text": "one"}])
    rows = run([{"words_num_filter": {"min_num": 2}}])
    assert rows == [{"id": "a", "text": "one two three", "extra": 1.5}]
    assert (
        Path("out.jsonl").read_bytes()
        == Path("data.jsonl").read_bytes().splitlines(keepends=True)[0]
    )
    assert json.loads(Path("out_stats.jsonl").read_text()) == {"__dj__stats__": {"num_words": 3}}
    assert "1 after words_num_filter" in capsys.readouterr().out


def test_stats_and_hashes_stay_in_the_rows_when_asked_for():
    dataset([{"id": "a", "text": "same"}, {"id": "b", "text": "same"}])
    rows = run(
        ["text_length_filter", "document_deduplicator"],
        keep_stats_in_res_ds=True,
        keep_hashes_in_res_ds=True,
    )
    assert rows == []
    rows = run(
        [{"text_length_filter": {"min_len": 1}}, "document_deduplicator"],
        keep_stats_in_res_ds=True,
        keep_hashes_in_res_ds=True,
    )
    assert [(row["id"], row["__dj__stats__"]["text_len"]) for row in rows] == [("a", 4)]
    assert len(rows[0]["__dj__hash"]) == 32


def test_a_run_tells_its_rows_and_how_long_the_model_waited(monkeypatch):
    measure = words_num_filter.measure
    model = held_model(SlowModel)

    def with_a_model(batch, settings):
        for _ in range(2):
            time.sleep(0.015)
            model.ask("look")
        return measure(batch, settings)

    dataset([{"id": "a", "text": "one two three"}, {"id": "b", "text": "one"}])
    run([{"words_num_filter": {"min_num": 2}}])
    done = run_recipe(Path("recipe.yaml"))
    assert (done.export.name, done.counts) == ("out.jsonl", {"samples": 2})
    monkeypatch.setattr(words_num_filter, "measure", with_a_model)
    share = run_recipe(Path("recipe.yaml")).counts["model_waiting_share"]
    assert 0.5 < share < 1


def test_the_suffix_filter_leaves_no_stat_as_in_data_juicer():
    dataset([{"text": "a dog"}])
    rows = run([{"suffix_filter": {"suffixes": ".jsonl"}}], keep_stats_in_res_ds=True)
    assert [row["__dj__stats__"] for row in rows] == [{}]


def test_a_field_that_only_some_samples_have():
    dataset(
        [{"id": "a", "n": 3, "meta": {"tag": "x"}}, {"id": "b", "meta": {}}, {"id": "c", "n": None}]
    )
    numbers = [{"specified_numeric_field_filter": {"field_key": "n", "min_value": 1}}]
    tags = [
        {
            "specified_field_filter": {
                "field_key": "meta.tag",
                "target_value": ["x"],
                "reversed_range": True,
            }
        }
    ]
    with pytest.raises(
        UserError, match="1 of 3 rows cannot be measured.*a sample has no field n: n is not among"
    ):
        run(numbers)
    assert [row["id"] for row in run(numbers, max_reject_share=0.5)] == ["a"]
    assert Path("out_rejects.jsonl").exists()
    # a run that sets no row aside leaves no list of an earlier one's
    assert [row["id"] for row in run(numbers, compat="data_juicer")] == ["a"]
    assert not Path("out_rejects.jsonl").exists()
    kept = run(
        tags, compat="data_juicer", max_reject_share=0.5, keep_stats_in_res_ds=True
    )  # what is below null cannot be read
    assert [(row["id"], row["__dj__stats__"]) for row in kept] == [("b", {"meta.tag": None})]


def test_the_same_operator_twice_measures_twice():
    dataset([{"id": "a", "text": "ab ab ab ab"}])
    recipe = [
        {"character_repetition_filter": {"rep_len": length, "max_ratio": 1.0}} for length in (2, 10)
    ]
    assert run(recipe, keep_stats_in_res_ds=True)[0]["__dj__stats__"]["char_rep_ratio"] == 0.0
    reused = run(recipe, keep_stats_in_res_ds=True, compat="data_juicer")[0]["__dj__stats__"][
        "char_rep_ratio"
    ]
    assert reused == 0.4


def test_mappers_change_the_text_for_what_follows():
    dataset([{"id": "a", "text": "see http://a.org/b now", "n": 1}])
    rows = run(["clean_links_mapper", {"words_num_filter": {"min_num": 2, "max_num": 2}}])
    assert rows == [{"id": "a", "text": "see  now", "n": 1}]


def test_selectors_order_the_rows_and_later_lines_go_on(capsys):
    dataset([{"id": str(k), "text": "x" * k} for k in range(1, 6)])
    recipe = [
        {"text_length_filter": {"min_len": 2}},
        {"topk_specified_field_selector": {"field_key": "__dj__stats__.text_len", "topk": 3}},
        {"text_length_filter": {"max_len": 4, "min_len": 1}},
    ]
    assert [row["id"] for row in run(recipe)] == ["4", "3"]
    assert "3 after topk_specified_field_selector" in capsys.readouterr().out


def test_one_truncated_picture_costs_one_row():
    rows = [
        {"id": str(k), "text": "x", "images": [str(FIXTURES / "images/shapes0.jpg")]}
        for k in range(30)
    ]
    Path("cut.jpg").write_bytes((FIXTURES / "images/shapes0.jpg").read_bytes()[:1500])
    rows[7]["images"] = ["cut.jpg"]
    dataset(rows)
    left = run(["image_aspect_ratio_filter", "image_shape_filter"])
    assert [row["id"] for row in left] == [str(k) for k in range(30) if k != 7]
    reject = json.loads(Path("out_rejects.jsonl").read_text())
    assert (reject["line"], reject["operator"]) == (8, "image_aspect_ratio_filter")
    assert "cut.jpg: truncated" in reject["reason"]


def test_too_many_rejects_end_the_run():
    dataset([{"id": "a", "text": "x", "images": ["missing.png"]}])
    with pytest.raises(
        UserError,
        match=(
            r"1 of 1 rows cannot be measured.*line 1: image_shape_filter: image missing.png: "
            r"does not exist"
        ),
    ):
        run(["image_shape_filter"])


def test_relative_picture_paths_are_right_beside_the_export():
    Path("data").mkdir()
    Path("data/a.png").write_bytes((FIXTURES / "images/gray.png").read_bytes())
    dataset([{"id": "a", "text": "x", "images": ["a.png"]}], "data/rows.jsonl")
    rows = run(
        ["image_shape_filter"], dataset_path="data/rows.jsonl", export_path="result/out.jsonl"
    )
    assert rows[0]["images"] == ["../data/a.png"]
    rows = run(
        ["image_shape_filter"],
        dataset_path="data/rows.jsonl",
        export_path="result/out.jsonl",
        compat="data_juicer",
    )
    assert rows[0]["images"] == [str(Path("data/a.png").absolute())]


def test_several_processes_give_the_same_result():
    pictures = sorted(str(path) for path in (FIXTURES / "images").iterdir())
    dataset(
        [
            {"id": str(k), "text": f"picture {k} of many", "images": [pictures[k % len(pictures)]]}
            for k in range(2500)
        ]
    )
    recipe = [
        {"image_shape_filter": {"min_width": 40}},
        "image_deduplicator",
        {"words_num_filter": {"min_num": 1}},
    ]
    run(recipe, keep_stats_in_res_ds=True, use_cache=False)
    first = Path("out.jsonl").read_bytes()
    os.environ["BETTERSYNTH_THREADS"] = "2"
    try:
        run(recipe, keep_stats_in_res_ds=True, np=2)
    finally:
        del os.environ["BETTERSYNTH_THREADS"]
    assert Path("out.jsonl").read_bytes() == first
    assert first


def test_a_moved_bound_measures_nothing_again(monkeypatch):
    dataset(
        [
            {"id": str(k), "text": "x", "images": [str(FIXTURES / "images/gray.png")]}
            for k in range(3)
        ]
    )
    run([{"image_shape_filter": {"min_width": 1}}])
    monkeypatch.setattr(image_shape_filter, "measure", None)
    assert run([{"image_shape_filter": {"min_width": 10_000}}]) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "x"', "data.jsonl line 2 is not valid JSON"),
        ("[1]", "data.jsonl line 2: a sample must be a JSON object, not list"),
        ('{"text": 5}', "data.jsonl line 2: text must be text, not 5"),
        ('{"text": "x", "images": "a.png"}', "data.jsonl line 2: images must be a list of paths"),
    ],
)
def test_a_line_that_is_no_sample_is_named(line, message):
    Path("data.jsonl").write_text('{"text": "fine text"}\n' + line + "\n")
    with pytest.raises(UserError, match=message):
        run(["text_length_filter"])
    assert not Path("out.jsonl").exists()


def test_unknown_names_are_given_with_the_valid_ones():
    dataset([{"text": "x"}])
    with pytest.raises(
        UserError, match=r"there is no operator word_num_filter \(did you mean words_num_filter\?\)"
    ):
        run(["word_num_filter"])
    with pytest.raises(
        UserError,
        match=r"has no setting min_wrods; its settings are: lang, max_closed_interval, .*min_num",
    ):
        run([{"words_num_filter": {"min_wrods": 1}}])
    with pytest.raises(
        UserError, match=r"has no setting exprot_path \(did you mean export_path\?\)"
    ):
        run([], exprot_path="x")


def test_settings_of_data_juicer_that_change_nothing_are_read_over():
    dataset([{"id": "a", "text": "long enough text"}])
    recipe = [{"text_length_filter": {"min_len": "1e1", "skip_op_error": True, "num_proc": 4}}]
    assert len(run(recipe, open_tracer=False, op_fusion=False, project_name="x")) == 1


def test_a_recipe_of_data_juicers_own_form_runs(tmp_path):
    dataset(
        [
            {
                "id": "a",
                "text": "<image>\na dog in the long grass",
                "images": [str(FIXTURES / "images/gray.png")],
            }
        ]
    )
    recipe = {
        "project_name": "demo",
        "dataset_path": "data.jsonl",
        "export_path": "out.jsonl",
        "np": 1,
        "text_keys": "text",
        "image_key": "images",
        "image_special_token": "<image>",
        "eoc_special_token": "<|__dj__eoc|>",
        "keep_stats_in_res_ds": True,
        "process": [
            {"alphanumeric_filter": {"tokenization": False, "min_ratio": 0.6}},
            {
                "image_text_similarity_filter": {
                    "hf_clip": str(FIXTURES / "clip_tiny"),
                    "min_score": -1.0,
                }
            },
        ],
    }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    run_recipe(tmp_path / "recipe.yaml")
    stats = json.loads(Path("out.jsonl").read_text())["__dj__stats__"]
    assert len(stats["image_text_similarity"]) == 1
    assert stats["alnum_ratio"] == pytest.approx(23 / 31)


def rounded(rows):
    """Rows with a model's scores to 6 digits: the last ones depend on which rows share a batch."""
    for row in rows:
        for name, value in row["__dj__stats__"].items():
            if isinstance(value, list):
                row["__dj__stats__"][name] = [
                    round(number, 6) if isinstance(number, float) else number for number in value
                ]
    return rows


def test_cheap_filters_go_first_where_the_result_is_the_same(capsys):
    picture = str(FIXTURES / "images/gray.png")
    texts = ["<__dj__image> " + "a dog runs " * (k % 7) for k in range(150)]
    dataset([{"id": str(k), "text": text, "images": [picture]} for k, text in enumerate(texts)])
    recipe = [
        {
            "image_text_similarity_filter": {
                "hf_clip": str(FIXTURES / "clip_tiny"),
                "min_score": -1.0,
            }
        },
        {"text_length_filter": {"min_len": 30}},
        "whitespace_normalization_mapper",
        {"character_repetition_filter": {"rep_len": 9, "max_ratio": 1.0}},
        {"image_face_count_filter": {"min_face_count": 0}},
        {"character_repetition_filter": {"rep_len": 2, "max_ratio": 0.45}},
    ]
    in_order = rounded(run(recipe, keep_stats_in_res_ds=True, use_cache=False, cheap_first=False))
    counts = [line.split() for line in capsys.readouterr().out.splitlines() if " after " in line]
    assert counts[0] == ["150", "after", "image_text_similarity_filter"]
    assert rounded(run(recipe, keep_stats_in_res_ds=True, use_cache=False)) == in_order
    out = capsys.readouterr().out
    counts = [line.split() for line in out.splitlines() if " after " in line]
    assert [name for _, _, name in counts[:3]] == [
        "text_length_filter",
        "image_text_similarity_filter",
        "whitespace_normalization_mapper",
    ]
    assert counts[0][0] == counts[1][0] == "106"
    assert [name for _, _, name in counts[3:]] == [
        "character_repetition_filter",
        "character_repetition_filter#2",
        "image_face_count_filter",
    ]
    assert "cheap filters first" in out


def test_a_filter_that_reads_fields_keeps_its_place():
    from bettersynth.recipes.engine.line_order import cheap_first, movable
    from bettersynth.recipes.lines import read_recipe

    names = [
        "image_shape_filter",
        "text_length_filter",
        "general_field_filter",
        "image_face_count_filter",
        "words_num_filter",
    ]
    lines = dict(enumerate(read_recipe(names, "recipe")))
    assert movable(lines) == [[0, 1], [3, 4]]
    assert cheap_first(lines, {0: 1e-3, 1: 1e-6, 2: 1e-9, 3: 1e-2, 4: 1e-6}) == (1, 0, 2, 4, 3)
    assert cheap_first(lines, {0: 4e-3, 1: 9e-4, 2: 1.0, 3: 1e-2, 4: 1e-2}) == (0, 1, 2, 3, 4)
    twice = dict(
        enumerate(
            read_recipe(
                [
                    "character_repetition_filter",
                    "image_shape_filter",
                    "character_repetition_filter",
                ],
                "recipe",
            )
        )
    )
    assert cheap_first(twice, {0: 1.0, 1: 2.0, 2: 0.01}) == (0, 2, 1)


def test_half_a_surrogate_pair_costs_one_row():
    Path("data.jsonl").write_text(
        '{"id": "a", "text": "fine text here"}\n' * 30 + '{"id": "b", "text": "x\\ud83d"}\n'
    )
    assert (
        len(
            run(
                [
                    {"text_length_filter": {"min_len": 1}},
                    "chinese_convert_mapper",
                    "document_simhash_deduplicator",
                ]
            )
        )
        == 1
    )
    reject = json.loads(Path("out_rejects.jsonl").read_text())
    assert (reject["line"], reject["reason"]) == (
        31,
        "text is no valid Unicode: half of a surrogate pair at character 1",
    )


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    for process in (ended.pid, os.getpid()):
        Path(f".out.jsonl.{socket.gethostname()}-{process}-abcdefgh").mkdir()
    dataset([{"id": "a", "text": "long enough text"}])
    run(["text_length_filter"])
    left = [path.name for path in tmp_path.glob(".out*")]
    assert left == [f".out.jsonl.{socket.gethostname()}-{os.getpid()}-abcdefgh"]


@pytest.mark.parametrize(
    "settings",
    [
        {"export_path": "data.jsonl"},
        {"export_path": "folder/../data.jsonl"},
        {"export_path": "linked.jsonl"},
        {"dataset_path": "out_stats.jsonl"},
        {"dataset_path": "out_rejects.jsonl"},
        {"dataset_path": "folder", "export_path": "folder/part.jsonl"},
    ],
)
def test_no_input_is_written_over(settings):
    Path("folder").mkdir()
    for name in ("data.jsonl", "out_stats.jsonl", "out_rejects.jsonl", "folder/part.jsonl"):
        dataset([{"text": "short"}], name)
    Path("linked.jsonl").symlink_to("data.jsonl")
    before = Path(settings.get("dataset_path", "data.jsonl"))
    before = before / "part.jsonl" if before.is_dir() else before
    with pytest.raises(UserError, match="would be written over .*, which is read; name another"):
        run(["text_length_filter"], **settings)
    assert before.read_text() == '{"text": "short"}\n'


def test_no_row_left_is_a_warning_that_names_the_last_line(capsys):
    dataset([{"text": "long enough text"}, {"text": "tiny"}, {"text": "another long text"}])
    selector = {"random_selector": {"select_num": 0}}
    assert run(["text_length_filter", {"words_num_filter": {"min_num": 9}}]) == []
    assert capsys.readouterr().err == (
        "warning: no row is left: words_num_filter (min_num 9, max_num inf) dropped the last 2, "
        "such as data.jsonl line 3 with num_words 3\n"
    )
    assert run(["text_length_filter", selector]) == []
    assert "random_selector (select_num 0) dropped the last 2" in capsys.readouterr().err


def test_rows_without_a_value_are_counted_after_the_line(capsys):
    picture = str(FIXTURES / "images/gray.png")
    with_token = {"text": "<__dj__image> a", "images": [picture]}
    dataset([with_token, {"text": "a", "images": [picture]}, {"text": None}, {"text": "b"}])
    similarity = {"hf_clip": str(FIXTURES / "clip_tiny"), "min_score": -1.0}
    recipe = ["image_shape_filter", {"image_text_similarity_filter": similarity}]
    assert len(run([*recipe, "document_deduplicator", "image_deduplicator"])) == 3
    out = capsys.readouterr().out
    no_picture = "2 rows without a picture passed unmeasured, the first data.jsonl line 3"
    no_token = "1 row without an image token passed unmeasured, the first data.jsonl line 2"
    no_text = "1 row without a text counted as empty, the first data.jsonl line 3"
    assert f"4 after image_shape_filter ({no_picture})" in out
    assert f"4 after image_text_similarity_filter ({no_text}; {no_token}; {no_picture})" in out
    assert f"4 after document_deduplicator ({no_text})" in out
    # one picture stands in two rows
    assert f"3 after image_deduplicator ({no_picture})" in out


def test_null_means_absent_and_stays_as_it_was():
    rows = [{"id": None, "text": None, "images": None}, {"id": None, "text": "b", "images": []}]
    dataset(rows)
    assert run([{"text_length_filter": {"min_len": 0}}, "image_shape_filter"]) == rows


def test_special_tokens_outlive_a_mapper_but_not_data_juicers():
    dataset([{"text": "<__dj__image>\na_dog <|__dj__eoc|>"}])
    recipe = [{"remove_specific_chars_mapper": {"chars_to_remove": "_|"}}]
    assert run(recipe)[0]["text"] == "<__dj__image>\nadog <|__dj__eoc|>"
    assert run(recipe, compat="data_juicer")[0]["text"] == "<djimage>\nadog <djeoc>"
