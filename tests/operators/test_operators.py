"""What is true of every operator."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.one_operator import line
from support.parity import FOLDER, rows

from bettersynth.errors import UserError
from bettersynth.operators import INSTEAD, KINDS, LEFT_OUT, load_operator, operator_names

FIXTURES = ("text_stats", "keep", "image_stats", "mm_stats", "hashes", "dedup", "select", "mappers")


@pytest.mark.parametrize("name", operator_names())
def test_an_operator_has_what_its_kind_needs(name):
    operator = load_operator(name)
    if hasattr(operator, "Measuring"):
        assert operator.VERSION >= 1
        assert set(operator.READS) <= {"text", "images", "fields", "files"}
        operator.Measuring()
        operator.Deciding()
    else:
        operator.Settings()
    assert operator.__doc__.endswith(".")


def test_an_unknown_operator_is_named_with_the_nearest_one():
    with pytest.raises(UserError, match="no operator word_num_filter .*mean words_num_filter"):
        load_operator("word_num_filter")


@pytest.mark.parametrize(("reason", "names"), LEFT_OUT.items())
def test_an_operator_that_is_left_out_has_its_reason_and_what_does_the_same(reason, names):
    page = Path(__file__).parents[2].joinpath("docs", "operators.md").read_text(encoding="utf-8")
    for name in names:
        assert f"`{name}`" in page
        advice = re.escape(INSTEAD.get(name, "leave it out"))
        with pytest.raises(UserError, match=f"{name} is not here: it {reason}; {advice} "):
            load_operator(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("video_captioning_from_frames_mapper", "is for video or audio"),
        ("audio_duration_filter", "is for video or audio"),
        ("dialog_topic_shift_mapper", "is for what agents and dialogues leave"),
        ("key_value_grouper", "makes one sample of many"),
        ("nested_aggregator", "makes one sample of many"),
    ],
)
def test_whole_families_have_their_reason_and_are_no_misspellings(name, reason):
    with pytest.raises(UserError, match=f"Data-Juicer's {name} is not here: it {reason}.*; leave"):
        load_operator(name)


def test_what_is_named_in_the_place_of_an_operator_is_there():
    for name, words in INSTEAD.items():
        assert name not in operator_names()
        for word in re.findall(r"\b\w+_(?:mapper|deduplicator|filter)\b", words):
            assert word in operator_names()


def test_the_folder_holds_operators_and_nothing_else():
    import bettersynth.operators as package

    folder = Path(package.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == set(operator_names())
    assert {name.rpartition("_")[2] for name in files} == set(KINDS)


def test_every_setting_of_data_juicer_is_accepted():
    defaults = json.loads((FOLDER.parent / "data_juicer_settings.json").read_text())
    assert len(defaults) > 55
    for name, settings in defaults.items():
        assert line(name, **settings).name == name


@pytest.mark.parametrize("fixture", FIXTURES)
def test_what_data_juicer_made_is_compared_in_the_operators_own_test(fixture):
    operators = {row["op"] for row in rows(fixture) if "op" in row}
    assert operators
    for name in operators:
        text = (Path(__file__).parent / f"test_{name}.py").read_text()
        assert f'"{fixture}", "{name}"' in text, name


def test_reading_all_operators_loads_no_model_library():
    heavy = "torch transformers tokenizers spacy nltk cv2 scipy sklearn pyarrow pandas diffusers"
    script = (
        "import sys\n"
        "from bettersynth.operators import load_operator, operator_names\n"
        "for name in operator_names(): load_operator(name)\n"
        f"print(*(set({heavy.split()}) & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == []
