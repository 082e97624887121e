"""Built MMBench questions: the real format, honest circular rows, shares as asked."""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from support.concept_pool import CONCEPTS, write_concept_pool
from support.default_settings import default_settings, read_changed

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.questions.prompts import CONCEPT_QUESTION
from bettersynth.data.tables.benchmark import MMBENCH, MMBENCH_COLUMNS
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import GROUP, read_questions
from bettersynth.evaluation.benchmarks.mmbench_building import FINE, build_mmbench
from bettersynth.settings.benchmark import MMBenchSettings, OptionCounts

GROUPS = {name: group for group, names in CONCEPTS["benchmark"].items() for name in names}


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    monkeypatch.chdir(tmp_path)
    return write_concept_pool("")


def built(settings: MMBenchSettings) -> pd.DataFrame:
    build_mmbench(settings, seed=0)
    return pd.read_csv(MMBENCH, sep="\t", dtype={"index": int})


def test_the_tsv_is_mmbench_with_circular_rows_and_the_pictures_own_bytes(pictures):
    table = built(default_settings("benchmark.mmbench", questions=24))
    assert tuple(table.columns) == MMBENCH_COLUMNS
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
    assert read_questions(MMBENCH)[0].split == "dev"


def test_options_are_benchmark_concepts_of_the_group_that_the_category_promises(pictures):
    table = built(default_settings("benchmark.mmbench", questions=24))
    seen = Counter()
    for row in table.itertuples(index=False):
        options = [text for text in row[3:7] if isinstance(text, str)]
        answer = options["ABCD".index(row.answer)]
        assert row.category == GROUPS[answer]
        assert len(set(options)) == len(options)
        fine = row[11] == FINE
        wrong = [text for text in options if text != answer]
        assert all((GROUPS[text] == row.category) == fine for text in wrong)
        seen[fine] += 1
    assert seen[True] > 0
    assert seen[False] > 0


def test_the_shares_of_the_settings_hold_and_every_place_is_right_equally_often(pictures):
    counts = OptionCounts(two=0.5, three=0.0, four=0.5)
    table = built(
        default_settings("benchmark.mmbench", questions=24, option_counts=counts, fine_grained=0.25)
    )
    base = table[table["index"] < GROUP]
    four = base["D"].notna()
    assert four.sum() == 12
    assert Counter(base[four]["answer"]) == {"A": 3, "B": 3, "C": 3, "D": 3}
    assert Counter(base[~four]["answer"]) == {"A": 6, "B": 6}
    assert (base["l2-category"] == FINE).sum() == 6
    assert Counter(base["comment"]).most_common()[0][1] == 3  # 24 questions about 10 pictures


def test_two_runs_give_the_same_bytes(pictures):
    built(default_settings("benchmark.mmbench", questions=24))
    first = sha256_of_file(MMBENCH)
    built(default_settings("benchmark.mmbench", questions=24))
    assert sha256_of_file(MMBENCH) == first


def test_a_pool_without_benchmark_pictures_says_what_to_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_concept_pool("benchmark")
    with pytest.raises(
        UserError, match=r"holds no benchmark pictures .* set benchmark.mmbench.file"
    ):
        build_mmbench(default_settings("benchmark.mmbench"), seed=0)


def test_no_question_at_all_is_refused():
    with pytest.raises(UserError, match="mmbench.questions is 0; it must be from 1 to"):
        read_changed("benchmark.mmbench", questions=0)
