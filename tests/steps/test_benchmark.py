"""The benchmark step: real formats, honest circular rows, baselines, and the published files in place of built ones."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import yaml
from PIL import Image
from support.concept_pool import CONCEPTS, write_concept_pool

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.prompts import CONCEPT_QUESTION
from bettersynth.data.questions.signs import benchmark_words
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import GROUP, read_questions
from bettersynth.evaluation.benchmarks.textvqa import (
    question_of_prompt,
    read_annotations,
    soft_accuracy,
)
from bettersynth.steps import benchmark

FIXTURE = Path(__file__).parents[1] / "fixtures/mmbench/mmbench_synth.tsv"
OUTPUTS = (
    "mmbench.tsv",
    "textvqa.jsonl",
    "textvqa_annotations.json",
    "textvqa_images.zip",
    "baselines.json",
)
GROUPS = {name: group for group, names in CONCEPTS["benchmark"].items() for name in names}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the step in an empty folder with the settings given."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_THREADS", "1")

    def run_step(mmbench=None, textvqa=None, without=""):
        pictures = write_concept_pool(without)
        settings = {
            "mmbench": {"questions": 24} | (mmbench or {}),
            "textvqa": {"boards": 6} | (textvqa or {}),
        }
        Path("params.yaml").write_text(yaml.safe_dump({"benchmark": settings}))
        benchmark.main()
        return pictures

    return run_step


def built_table() -> pd.DataFrame:
    return pd.read_csv("data/benchmark/mmbench.tsv", sep="\t", dtype={"index": int})


def test_the_tsv_is_mmbench_with_circular_rows_and_the_pictures_own_bytes(run):
    pictures = run()
    table = built_table()
    assert tuple(table.columns) == benchmark.COLUMNS
    assert set(table["question"]) == {CONCEPT_QUESTION}
    base = table[table["index"] < GROUP]
    assert list(base["index"]) == list(range(1, 25))
    for row in base.itertuples():
        options = [text for text in (row.A, row.B, row.C, row.D) if isinstance(text, str)]
        right = options["ABCD".index(row.answer)]
        rolled = table[table["index"] % GROUP == row.index]
        assert list(rolled["index"]) == [row.index + k * GROUP for k in range(len(options))]
        for k, (_, form) in enumerate(rolled.iterrows()):
            assert [form[letter] for letter in "ABCD"[: len(options)]] == options[k:] + options[:k]
            assert form[form["answer"]] == right
            assert base64.b64decode(form["image"]) == pictures[f"{form['comment']}.png"]
    assert read_questions("data/benchmark/mmbench.tsv")[0].split == "dev"


def test_options_are_benchmark_concepts_of_the_group_that_the_category_promises(run):
    run()
    table = built_table()
    seen = Counter()
    for row in table.itertuples(index=False):
        options = [text for text in row[3:7] if isinstance(text, str)]
        groups = [GROUPS[text] for text in options]
        answer = options["ABCD".index(row.answer)]
        assert row.category == GROUPS[answer]
        assert len(set(options)) == len(options)
        fine = row[11] == benchmark.FINE
        assert all(
            (group == row.category) == fine
            for text, group in zip(options, groups, strict=True)
            if text != answer
        )
        seen[fine] += 1
    assert seen[True] > 0
    assert seen[False] > 0


def test_the_shares_of_the_settings_hold_and_every_place_is_right_equally_often(run):
    run(mmbench={"option_counts": {"two": 0.5, "three": 0.0, "four": 0.5}, "fine_grained": 0.25})
    base = built_table()
    base = base[base["index"] < GROUP]
    four = base["D"].notna()
    assert four.sum() == 12
    assert Counter(base[four]["answer"]) == {"A": 3, "B": 3, "C": 3, "D": 3}
    assert Counter(base[~four]["answer"]) == {"A": 6, "B": 6}
    assert (base["l2-category"] == benchmark.FINE).sum() == 6
    assert Counter(base["comment"]).most_common()[0][1] == 3  # 24 questions about 10 pictures


def test_sign_boards_come_as_textvqa(run):
    run()
    questions = [
        json.loads(line) for line in Path("data/benchmark/textvqa.jsonl").read_text().splitlines()
    ]
    annotations = read_json("data/benchmark/textvqa_annotations.json")
    answers = read_annotations(annotations, "annotations")
    store = ImageStore("data/benchmark/textvqa_images.zip")
    assert len(questions) == len(answers) == len(store.names()) == 6
    for question, entry in zip(questions, annotations["data"], strict=True):
        assert set(question) == {"question_id", "image", "text", "category"}
        given = answers[question["question_id"], question_of_prompt(question["text"])]
        assert Image.open(io.BytesIO(store.read(question["image"]))).size == (
            entry["image_width"],
            entry["image_height"],
        )
        assert set(entry["sign_words"]) <= set(benchmark_words())
        assert max(soft_accuracy(word, given) for word in entry["sign_words"]) == 1


def test_baselines_are_stored_and_printed(run, capsys):
    run()
    baselines = read_json("data/benchmark/baselines.json")
    base = built_table()
    base = base[base["index"] < GROUP]
    options = base[list("ABCD")].notna().sum(axis=1)
    assert baselines["mmbench"]["chance"]["likelihood"] == pytest.approx((1 / options).mean())
    assert baselines["mmbench"]["chance"]["circular"] == pytest.approx(
        (1 / options**options).mean()
    )
    text = baselines["textvqa"]
    assert 0 < text["any_listed_token"] <= text["best_listed_token"] <= text["consensus"] == 1
    assert f"any listed token {text['any_listed_token']:.1%}" in capsys.readouterr().out


def test_two_runs_give_the_same_bytes(run):
    run()
    first = [sha256_of_file(f"data/benchmark/{name}") for name in OUTPUTS]
    run()
    assert [sha256_of_file(f"data/benchmark/{name}") for name in OUTPUTS] == first


def test_a_pool_without_benchmark_pictures_says_what_to_set(run):
    with pytest.raises(
        UserError, match=r"holds no benchmark pictures .* set benchmark.mmbench.file"
    ):
        run(without="benchmark")


def test_a_real_tsv_is_copied_byte_for_byte_and_its_chance_measured(run):
    run(mmbench={"file": str(FIXTURE)}, without="benchmark")
    assert Path("data/benchmark/mmbench.tsv").read_bytes() == FIXTURE.read_bytes()
    assert read_json("data/benchmark/baselines.json")["mmbench"]["questions"] == 40


def broken_tsv(change) -> str:
    table = pd.read_csv(FIXTURE, sep="\t", dtype=str)
    change(table).to_csv("broken.tsv", sep="\t", index=False)
    return "broken.tsv"


def without_image(table):
    table.loc[3, "image"] = None
    return table


def pointing_nowhere(table):
    table.loc[1, "image"] = "77"
    return table


def named_index(table):
    table.loc[2, "index"] = "q2"
    return table


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="answer"), "has no answers"),
        (lambda table: table.drop(columns="image"), "lacks the column image"),
        (lambda table: table.drop(columns="A"), "lacks the columns A"),
        (named_index, "line 4: the index 'q2' is not a whole number"),
        (without_image, "line 5: row .* has no image"),
        (pointing_nowhere, "line 3: the image of row .* is neither base64 nor the index"),
    ],
)
def test_a_broken_tsv_is_one_line_that_says_where(run, change, message):
    with pytest.raises(UserError, match=message) as caught:
        run(mmbench={"file": broken_tsv(change)})
    assert "\n" not in str(caught.value)
    assert not Path("data/benchmark/mmbench.tsv").exists()


@pytest.fixture
def real_textvqa(run):
    """Built files, taken for published ones: moved aside, the pictures in a folder of their zip file."""
    run()
    Path("real").mkdir()
    for name in ("textvqa.jsonl", "textvqa_annotations.json"):
        Path(f"data/benchmark/{name}").rename(f"real/{name}")
    store = ImageStore("data/benchmark/textvqa_images.zip")
    with zipfile.ZipFile("real/images.zip", "w") as archive:
        for name in [*store.names(), "unasked.jpg"]:
            archive.writestr(f"train_images/{name}", store.read(name) if name in store else b"")
    with zipfile.ZipFile("real/images.zip") as archive:
        archive.extractall("real")
    return {
        "questions": "real/textvqa.jsonl",
        "annotations": "real/textvqa_annotations.json",
        "images": "real/images.zip",
    }


@pytest.mark.parametrize("images", ["real/images.zip", "real/train_images"])
def test_real_textvqa_files_drop_in_by_path(run, real_textvqa, images):
    run(textvqa=real_textvqa | {"images": images})
    questions = Path("data/benchmark/textvqa.jsonl").read_text()
    assert questions == Path("real/textvqa.jsonl").read_text()
    names = [json.loads(line)["image"] for line in questions.splitlines()]
    assert ImageStore("data/benchmark/textvqa_images.zip").names() == sorted(names)
    assert read_json("data/benchmark/baselines.json")["textvqa"]["questions"] == 6


def test_real_textvqa_files_come_together(run):
    with pytest.raises(
        UserError,
        match=r"textvqa.questions is set, benchmark.textvqa.annotations, benchmark.textvqa.images not",
    ):
        run(textvqa={"questions": "real.jsonl"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line[:-5], "line 2 is not valid JSON"),
        (lambda line: line.replace('"text"', '"prompt"'), "line 2 lacks text"),
        (lambda line: line.replace("What ", "Which "), r"line 2: .* has no question 'which"),
        (lambda line: line.replace(".jpg", ".gif"), r"line 2: .*\.gif is not in real/images.zip"),
        (
            lambda line: line.replace("\\nAnswer", "\\n\\n\\nAnswer"),
            "line 2: no question can be read",
        ),
    ],
)
def test_a_broken_question_file_is_one_line_that_says_where(run, real_textvqa, change, message):
    lines = Path("real/textvqa.jsonl").read_text().splitlines()
    lines[1] = change(lines[1])
    Path("real/textvqa.jsonl").write_text("\n".join(lines))
    with pytest.raises(UserError, match=message) as caught:
        run(textvqa=real_textvqa)
    assert "\n" not in str(caught.value)


def test_annotations_without_answers_are_refused(run, real_textvqa):
    annotations = read_json("real/textvqa_annotations.json")
    del annotations["data"][2]["answers"]
    Path("real/textvqa_annotations.json").write_text(json.dumps(annotations))
    with pytest.raises(UserError, match="entry 3 has no answers"):
        run(textvqa=real_textvqa)
