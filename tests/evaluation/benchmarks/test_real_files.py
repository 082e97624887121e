"""The published files in place of built ones: copied byte for byte, refused in one line that says
where.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from bettersynth.data.files.reading import read_json
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.prompts import text_prompt
from bettersynth.data.tables.benchmark import ANNOTATIONS, BOARDS, MMBENCH, TEXT_QUESTIONS
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.real_files import take_mmbench, take_textvqa

FIXTURE = Path(__file__).parents[2] / "fixtures/mmbench/mmbench_synth.tsv"
ASKED = "What does the top sign say?"
REAL = (Path("real/questions.jsonl"), Path("real/annotations.json"), Path("real/images.zip"))


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def broken_tsv(change) -> Path:
    table = pd.read_csv(FIXTURE, sep="\t", dtype=str)
    change(table).to_csv("broken.tsv", sep="\t", index=False)
    return Path("broken.tsv")


def without_image(table):
    table.loc[3, "image"] = None
    return table


def pointing_nowhere(table):
    table.loc[1, "image"] = "77"
    return table


def named_index(table):
    table.loc[2, "index"] = "q2"
    return table


def test_a_real_tsv_is_copied_byte_for_byte() -> None:
    take_mmbench(FIXTURE)
    assert MMBENCH.read_bytes() == FIXTURE.read_bytes()


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
def test_a_broken_tsv_is_one_line_that_says_where(change, message) -> None:
    with pytest.raises(UserError, match=message) as caught:
        take_mmbench(broken_tsv(change))
    assert "\n" not in str(caught.value)
    assert not MMBENCH.exists()


@pytest.fixture
def real_textvqa() -> None:
    """Three questions with their pictures in a zip file and in a folder, and one that nobody asks
    about.
    """
    names = ["b2", "b0", "b1"]
    questions = []
    for name in names:
        text = text_prompt(ASKED, ["cafe", "hotel"])
        questions.append({"question_id": name, "image": f"{name}.jpg", "text": text})
    Path("real/train_images").mkdir(parents=True)
    REAL[0].write_text("".join(json.dumps(question) + "\n" for question in questions))
    entries = [{"image_id": name, "question": ASKED, "answers": ["cafe"] * 10} for name in names]
    REAL[1].write_text(json.dumps({"data": entries}))
    with zipfile.ZipFile(REAL[2], "w") as archive:
        for number, name in enumerate([*names, "unasked"]):
            stream = io.BytesIO()
            Image.new("RGB", (24, 20), (number * 60, 10, 200)).save(stream, "JPEG")
            archive.writestr(f"train_images/{name}.jpg", stream.getvalue())
            Path(f"real/train_images/{name}.jpg").write_bytes(stream.getvalue())


@pytest.mark.parametrize("images", ["real/images.zip", "real/train_images"])
def test_real_textvqa_files_drop_in_by_path(real_textvqa, images) -> None:
    take_textvqa(REAL[0], REAL[1], Path(images))
    assert TEXT_QUESTIONS.read_bytes() == REAL[0].read_bytes()
    assert ANNOTATIONS.read_bytes() == REAL[1].read_bytes()
    store = ImageStore(BOARDS)
    assert store.names() == ["b0.jpg", "b1.jpg", "b2.jpg"]
    assert store.read("b0.jpg") == Path("real/train_images/b0.jpg").read_bytes()


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
def test_a_broken_question_file_is_one_line_that_says_where(real_textvqa, change, message) -> None:
    lines = REAL[0].read_text().splitlines()
    lines[1] = change(lines[1])
    REAL[0].write_text("\n".join(lines))
    with pytest.raises(UserError, match=message) as caught:
        take_textvqa(*REAL)
    assert "\n" not in str(caught.value)


def test_annotations_without_answers_are_refused(real_textvqa) -> None:
    annotations = read_json(REAL[1])
    del annotations["data"][2]["answers"]
    REAL[1].write_text(json.dumps(annotations))
    with pytest.raises(UserError, match="entry 3 has no answers"):
        take_textvqa(*REAL)


def test_questions_that_nobody_asks_are_refused_before_any_training(real_textvqa) -> None:
    REAL[0].write_text("".join(REAL[0].read_text().splitlines(keepends=True)[:2]))
    with pytest.raises(UserError, match=r"does not ask .* of image b1, .* \(1 of 3 are not asked"):
        take_textvqa(*REAL)


def test_a_picture_outside_the_folder_is_not_taken(real_textvqa) -> None:
    Path("outside.jpg").write_bytes(b"secret")
    lines = REAL[0].read_text().replace("b1.jpg", "../../outside.jpg")
    REAL[0].write_text(lines)
    with pytest.raises(UserError, match="outside.jpg is not in real/train_images"):
        take_textvqa(REAL[0], REAL[1], Path("real/train_images"))


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_picture_of_the_zip_file_is_named(real_textvqa, compression) -> None:
    with zipfile.ZipFile(REAL[2], "w", compression) as archive:
        for name in ("b0", "b1", "b2"):
            archive.write(f"real/train_images/{name}.jpg")
        start = archive.getinfo("real/train_images/b1.jpg").header_offset
    content = bytearray(REAL[2].read_bytes())
    # behind the member's header of 30 bytes and its name
    for place in range(start + 80, start + 100):
        content[place] ^= 255
    REAL[2].write_bytes(content)
    said = r"real/images.zip: its member real/train_images/b1.jpg is damaged \("
    with pytest.raises(UserError, match=said) as caught:
        take_textvqa(*REAL)
    assert "\n" not in str(caught.value)
    assert not TEXT_QUESTIONS.exists()
