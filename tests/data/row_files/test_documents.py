from __future__ import annotations

import pytest

from bettersynth.data.row_files.documents import document_files, parts_of, read_documents
from bettersynth.errors import UserError

TALK = "<s>Human: hi\n</s><s>Assistant: hello\n</s>"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", f'id,text\n1,plain text\n2,"{TALK}"\n3,\n'),
        (
            "a.jsonl",
            '{"text": "plain text"}\n\n{"text": "<s>Human: hi\\n</s><s>Assistant: hello\\n</s>"}\n',
        ),
        ("a.txt", f"plain text\n\n{TALK}\n"),
    ],
)
def test_the_three_formats_give_the_same_documents(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert [text for _, text in read_documents(tmp_path / name, "text")] == ["plain text", TALK]


def test_parts_are_what_stands_between_the_marks():
    assert parts_of(TALK + TALK, "x") == ["Human: hi\n", "Assistant: hello\n"] * 2
    assert parts_of("just text", "x") == ["just text"]
    assert parts_of("<s>one</s> <s>two</s>", "x") == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "<s>Assistant: a</s><s>Human: b</s>",
            r"here: part 1 starts with 'Assistant: a'; .*must start with 'Human: '",
        ),
        ("<s>Human: a</s><s>Human: b</s>", r"part 2 starts with 'Human: b'; .*'Assistant: '"),
        ("<s>Human: a</s><s>System: b</s>", r"part 2 starts with 'System: b'"),
        ("<s>Human: a</s>", "the last part is the human's"),
        (
            "<s>Human: a</s> and <s>Assistant: b</s>",
            "marks must come in pairs with nothing between",
        ),
        ("<s>Human: a<s>Assistant: b</s>", "marks must come in pairs"),
        ("Human: a</s>", "marks must come in pairs"),
    ],
)
def test_wrong_roles_and_marks_are_one_clear_error(text, message):
    with pytest.raises(UserError, match=message):
        parts_of(text, "here")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.json",
            b"[]",
            r"a.json cannot be read as text to learn from; "
            r"allowed are files that end in .csv, .jsonl, .txt",
        ),
        ("a.csv", b"id,words\n1,x\n", "a.csv has no column text; its columns are: id, words"),
        ("a.csv", b"", "a.csv has no column text; its columns are: none"),
        ("a.csv", b'text\n"open', "a.csv is not valid CSV near line 1"),
        ("a.jsonl", b'{"text": "x"}\n{"text"\n', "a.jsonl line 2 is not valid JSON"),
        ("a.jsonl", b'{"text": 3}\n', 'line 1 has no text under "text"'),
        ("a.txt", b"<s>Human: a\nb\n", "a.txt line 1: <s> without its </s>"),
        ("a.txt", b"\xff\xfe", "a.txt is not UTF-8 text"),
    ],
)
def test_broken_files_are_one_clear_error(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(read_documents(tmp_path / name, "text"))


def test_documents_are_read_one_at_a_time(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "first"}\nbroken\n')
    documents = read_documents(tmp_path / "a.jsonl", "text")
    assert next(documents)[1] == "first"
    with pytest.raises(UserError, match="line 2 is not valid JSON"):
        next(documents)


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(UserError, match="a.csv does not exist"):
        list(read_documents(tmp_path / "a.csv", "text"))


def test_a_folder_stands_for_its_text_files_in_the_order_of_their_names(tmp_path):
    for name in ("b.txt", "a.csv", "picture.png"):
        (tmp_path / name).touch()
    other = tmp_path / "other.jsonl"
    other.touch()
    assert document_files([str(other)], "x") == [other]
    inside = [path.name for path in document_files([str(tmp_path)], "x")]
    assert inside == ["a.csv", "b.txt", "other.jsonl"]
    with pytest.raises(UserError, match=r"picture.png \(x\) cannot be read as text to learn from"):
        document_files([str(tmp_path / "picture.png")], "x")
