"""The instruction step: LLaVA items about its own concepts and about sign boards, nothing of the
benchmark among them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml
from support.concept_pool import CONCEPTS, write_concept_pool
from support.default_settings import default_params

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.prompts import (
    CONCEPT_QUESTION,
    DESCRIBE_QUESTIONS,
    LETTER_INSTRUCTION,
    OCR_PREFIX,
    WORD_INSTRUCTION,
)
from bettersynth.data.questions.sign_words import benchmark_words
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.baselines import listed_tokens
from bettersynth.steps import instruction


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_THREADS", "1")

    def run_step(without="", **settings):
        write_concept_pool(without)
        Path("params.yaml").write_text(
            yaml.safe_dump(default_params(instruction={"signs": 4} | settings))
        )
        instruction.main()
        return read_json("data/instruction/train.json")

    return run_step


def turns(item):
    human, gpt = item["conversations"]
    assert (human["from"], gpt["from"]) == ("human", "gpt")
    first, *rest = human["value"].split("\n")
    assert first == "<image>"
    return rest, gpt["value"]


def test_every_item_is_llavas_and_its_picture_is_stored(run):
    items = run()
    store = ImageStore("data/pool/images", "data/instruction/images")
    assert len({item["id"] for item in items}) == len(items) == 9 + 4
    for item in items:
        assert set(item) == {"id", "image", "conversations"}
        assert item["image"] in store
        turns(item)


def test_letters_name_the_pictures_concept_among_instruction_concepts(run):
    items = run(
        signs=0,
        questions_per_picture=4,
        picture_kinds={"choice": 1.0, "concept": 0.0, "describe": 0.0},
    )
    concepts = {name for names in CONCEPTS["instruction"].values() for name in names}
    sizes = Counter()
    for item in items:
        lines, answer = turns(item)
        if item["id"].startswith("s18"):  # the picture without a concept
            assert lines[0] in DESCRIBE_QUESTIONS
            continue
        assert lines[0] == CONCEPT_QUESTION
        assert lines[-1] == LETTER_INSTRUCTION
        options = dict(line.split(". ", 1) for line in lines[1:-1])
        assert set(options.values()) <= concepts
        assert len(set(options.values())) == len(options)
        sizes[len(options)] += 1
        number = int(item["id"][1:3]) - 10
        assert (
            options[answer]
            == [name for names in CONCEPTS["instruction"].values() for name in names][number]
        )
    assert set(sizes) == {2, 3, 4}


def test_no_benchmark_concept_and_no_benchmark_sign_word_is_named(run):
    items = run(signs=10, questions_per_picture=3)
    named = {name for names in CONCEPTS["benchmark"].values() for name in names}
    for item in items:
        lines, answer = turns(item)
        said = [
            *listed_tokens("\n".join(lines)),
            *(line.split(". ", 1)[-1] for line in lines),
            answer,
        ]
        assert not named & set(said)
        if item["id"].startswith("sign"):
            assert answer not in benchmark_words()


def test_signs_are_asked_as_textvqa_with_tokens_that_an_engine_read(run):
    items = [item for item in run(signs=8) if item["id"].startswith("sign")]
    copied = 0
    for item in items:
        lines, answer = turns(item)
        assert len(lines) == 3
        assert lines[1].startswith(f"{OCR_PREFIX} ")
        assert lines[2] == WORD_INSTRUCTION
        copied += answer in listed_tokens("\n".join(lines))
    assert copied >= 7


def test_shares_of_question_kinds_hold(run):
    items = run(
        signs=0,
        questions_per_picture=10,
        picture_kinds={"choice": 0.5, "concept": 0.3, "describe": 0.2},
    )
    kinds = Counter()
    for item in items:
        if not item["id"].startswith("s18"):
            lines, _ = turns(item)
            kinds[
                "choice"
                if len(lines) > 1
                else "concept"
                if lines[0] == CONCEPT_QUESTION
                else "describe"
            ] += 1
    assert kinds["choice"] > kinds["concept"] > kinds["describe"] > 0
    assert abs(kinds["choice"] - 40) <= 5


def test_two_runs_give_the_same_bytes(run):
    run()
    first = [
        sha256_of_file(f"data/instruction/{name}") for name in ("train.json", "images/shards.json")
    ]
    run()
    assert [
        sha256_of_file(f"data/instruction/{name}") for name in ("train.json", "images/shards.json")
    ] == first


def test_an_empty_stage_2_is_refused(run):
    with pytest.raises(UserError, match="holds no instruction pictures"):
        run(without="instruction", signs=0)


def test_a_bad_share_is_named(run):
    with pytest.raises(UserError, match=r"instruction.same_group is 2.0; it must be from 0 to 1"):
        run(same_group=2.0)
