from __future__ import annotations

import tarfile

import pytest
from support.row_files import PNG, rows_of, write_tar

from bettersynth.data.row_files import tar_rows
from bettersynth.errors import UserError


def test_files_of_one_key_are_a_sample(tmp_path, capsys):
    path = tmp_path / "a.tar"
    members = {
        "x/1.png": PNG,
        "x/1.txt": b"a cat\n",
        "x/2.0.png": PNG,
        "x/2.1.png": PNG + b"2",
        "x/2.json": b'{"text": "<__dj__image><__dj__image> both", "id": "own"}',
        "x/2.npy": b"",
        "3.json": b'{"caption": "words alone"}',
    }
    write_tar(path, members)
    first, second, third = rows_of(path)
    assert first["id"] == "x/1"
    assert first["text"] == "<__dj__image>\na cat <|__dj__eoc|>"
    assert (tmp_path / first["images"][0]).read_bytes() == PNG
    assert (second["id"], second["text"]) == ("own", "<__dj__image><__dj__image> both")
    assert (tmp_path / second["images"][1]).read_bytes() == PNG + b"2"
    assert third == {"id": "3", "caption": "words alone", "text": None, "images": []}
    assert "a.tar: files of these kinds are not read: npy" in capsys.readouterr().err


def test_names_cannot_lead_out_of_the_folder_of_pictures(tmp_path):
    path = tmp_path / "a.tar"
    write_tar(path, {"../../etc/1.png": PNG, "/abs/2.png": PNG})
    names = [row["images"] for row in rows_of(path)]
    assert names[0] == names[1]
    assert [file.name for file in tmp_path.iterdir()] in (["kept", "a.tar"], ["a.tar", "kept"])


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"1.json": b"[1]"}, "a.tar: 1.json: a sample must be a JSON object, not list"),
        ({"1.json": b"{"}, "a.tar: 1.json is not valid JSON"),
        ({"1.txt": b"\xff"}, "a.tar: 1.txt is no UTF-8 text: byte 0"),
        ({"1.txt": b"0123456789"}, "a.tar: 1.txt has 10 bytes, limit 9"),
    ],
)
def test_a_sample_that_cannot_be_one_is_named(tmp_path, members, message, monkeypatch):
    monkeypatch.setattr(tar_rows, "MAX_UNPACKED_BYTES", 9)
    write_tar(tmp_path / "a.tar", members)
    with pytest.raises(UserError, match=message):
        rows_of(tmp_path / "a.tar")


def test_a_damaged_tar_is_one_line(tmp_path):
    path = tmp_path / "a.tar"
    write_tar(path, {"1.png": PNG * 1000})
    whole = path.read_bytes()
    for content in (whole[:1000], b"no tar", b""):
        path.write_bytes(content)
        with pytest.raises(UserError, match="a.tar cannot be read as a tar"):
            rows_of(path)


def _header_starts(path):
    with tarfile.open(path) as archive:
        return [member.offset for member in archive]


def test_no_sample_is_lost_at_a_damaged_header_or_a_cut_between_files(tmp_path):
    path = tmp_path / "a.tar"
    write_tar(path, {"1.txt": b"one", "2.txt": b"two", "3.txt": b"three"})
    whole = path.read_bytes()
    second = _header_starts(path)[1]
    flipped = bytearray(whole)
    flipped[second + 150] ^= 0xFF
    damaged = {
        bytes(flipped): f"a.tar cannot be read after byte {second:,}",
        whole[:second]: f"a.tar is cut: it has no end after byte {second:,}",
        whole[: second + 100]: f"a.tar is cut: it has no end after byte {second:,}",
        whole + whole: "it is damaged, or several tars in one file",
    }
    for content, message in damaged.items():
        path.write_bytes(content)
        with pytest.raises(UserError, match=message):
            rows_of(path)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"1.txt": b"a", "2.txt": b"b", "1.png": PNG}, "1.png stands apart from the other files"),
        ({"1.txt": b"a", "1.caption": b"b"}, "a.tar: 1.caption is a second text of 1"),
        ({"1.json": b'{"x": 1}', "1.b.json": b'{"x": 2}'}, "the field x a second time"),
    ],
)
def test_parts_of_a_sample_that_do_not_fit_are_refused(tmp_path, members, message):
    write_tar(tmp_path / "a.tar", members)
    with pytest.raises(UserError, match=message):
        rows_of(tmp_path / "a.tar")


def test_pictures_that_only_the_json_names_stay_and_hidden_files_are_left_out(tmp_path, capsys):
    path = tmp_path / "a.tar"
    write_tar(path, {"._1.png": b"junk", "1.json": b'{"text": "t", "images": ["a.jpg"]}'})
    assert rows_of(path) == [{"id": "1", "text": "t", "images": ["a.jpg"]}]
    assert "are not read: hidden" in capsys.readouterr().err


def test_the_kinds_of_the_first_sample_are_known(tmp_path):
    (tmp_path / "x").write_text("{}")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for member in ("a/0.jpg", "a/0.json", "a/1.txt"):
            archive.add(tmp_path / "x", member)
    assert tar_rows.first_kinds(tmp_path / "a.tar") == ["jpg", "json"]
