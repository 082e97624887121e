"""Every route of the page, and what none of them may do."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.small_looks import PORT, TOKEN, small_looks
from support.small_pool import write_params, write_pool

from bettersynth.data.files.reading import read_json
from bettersynth.data.tables.decisions import FILTER_CARD
from bettersynth.errors import UserError
from bettersynth.experiments.browse.server import (
    FILES,
    _has_screen,
    _listening,
    application,
    finite,
)

SOURCE = Path(__file__).parents[3] / "src"
JSON = {"content-type": "application/json"}
SCRIPT = "a <script>alert(1)</script> cat"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("pool"))
        app = application(small_looks(), TOKEN, PORT)
        yield TestClient(app, base_url=f"http://127.0.0.1:{PORT}/{TOKEN}")


def test_the_page_and_all_its_files_are_there_and_ask_nothing_elsewhere(client):
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    for name, kind in FILES.items():
        answer = client.get(f"/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        addresses = set(re.findall(r"https?://[^\"'` ]+", answer.text))
        assert addresses <= {"http://www.w3.org/2000/svg"}, name


def test_every_file_of_the_page_is_served():
    shipped = {file.name for file in files("bettersynth.experiments.browse").iterdir()}
    pages = {name for name in shipped if name.endswith((".html", ".css", ".js"))}
    assert pages - {"export.html"} == set(FILES)


def test_scripts_never_write_markup():
    for name in FILES:
        text = files("bettersynth.experiments.browse").joinpath(name).read_text()
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert way not in text, name


def test_what_the_page_must_know_first(client):
    about = client.get("/api/about").json()
    assert about["rows"] == 8
    assert about["name"] == "workspace"
    assert {column["name"] for column in about["columns"]} >= {"caption", "kept", "planted"}


def test_rows_come_in_parts(client):
    first = client.get("/api/rows", params={"query": "{}", "count": 3}).json()
    assert first["total"] == 8
    assert [pair["values"]["id"] for pair in first["pairs"]] == ["s00", "s01", "s02"]
    rest = client.get("/api/rows", params={"query": "{}", "after": 5, "count": 3}).json()
    assert len(rest["pairs"]) == 2
    assert first["pairs"][0]["new"][0]["caption"] == "a brown dog"


def test_a_caption_with_a_script_is_data_and_never_a_page(client):
    answer = client.get("/api/rows", params={"query": json.dumps({"text": "script"})})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["pairs"][0]["values"]["caption"] == SCRIPT


def test_one_pair_has_its_history(client):
    pair = client.get("/api/pair", params={"row": 0}).json()
    assert "rule      image_text_similarity_filter" in pair["history"]
    assert client.get("/api/pair", params={"row": 8}).status_code == 400


def test_the_bounds_have_the_counts_of_the_filter_stage(client):
    described = client.get("/api/bounds").json()
    counted = {line["label"]: line["left"] for line in described["answer"]["lines"]}
    assert counted == read_json(FILTER_CARD)["surviving"]
    assert described["answer"]["command"] == ""


def test_a_moved_bound_is_answered(client):
    label = "image_text_similarity_filter"
    moves = json.dumps([[label, "min_score", 0.25]])
    words = {"moves": moves, "label": label, "setting": "min_score"}
    answer = client.get("/api/bounds", params=words).json()
    assert answer["kept"] == [4, 5]
    assert answer["command"] == "dvc exp run -n min_score-0.25 -S filter.threshold=0.25"
    assert answer["bound"]["dropped"][0]["values"]["id"] == "s06"


def test_points_of_two_columns(client):
    words = {"query": "{}", "x": "image_text_similarity", "y": "num_words"}
    points = client.get("/api/points", params=words).json()
    assert points["total"] == 8
    assert points["x"][:2] == [0.1, 0.2]
    assert points["groups"]["planted"][0] is True


def test_a_mark_is_kept_found_and_exported(client):
    answer = client.post("/api/marks", json={"id": "s03", "mark": "bad", "tags": ["dark"]}).json()
    assert answer["counts"]["bad"] == 1
    found = client.get("/api/rows", params={"query": '{"mark": "dark"}'}).json()
    assert [pair["values"]["id"] for pair in found["pairs"]] == ["s03"]
    exported = client.get("/marks.jsonl")
    assert "attachment" in exported.headers["content-disposition"]
    assert json.loads(exported.text)["by"] == "ann"


def test_a_picture_of_a_pair_and_nothing_else(client):
    answer = client.get("/picture/0/0")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for path in ("/picture/99/0", "/picture/0/7", "/picture/-1/0", "/picture/s00.png"):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    "path",
    [
        "/../params.yaml",
        "/%2e%2e/params.yaml",
        "/..%2fparams.yaml",
        "/server.py",
        "/__init__.py",
        "/params.yaml",
        "/data/pool/images",
        "/picture/../../params.yaml",
        "/picture/0/0/../../../../etc/passwd",
        "//etc/passwd",
    ],
)
def test_no_file_of_the_machine_is_served(client, path):
    answer = client.get(f"http://127.0.0.1:{PORT}/{TOKEN}{path}")
    assert answer.status_code in (403, 404), answer.text


@pytest.mark.parametrize("path", ["/", "/api/rows", "/api/about", "/picture/0/0", "/marks.jsonl"])
def test_no_route_answers_without_the_token(client, path):
    assert client.get(f"http://127.0.0.1:{PORT}{path}").status_code == 403
    assert client.get(f"http://127.0.0.1:{PORT}/{TOKEN}x{path}").status_code == 403


def test_nothing_is_written_without_the_token_or_from_another_page(client):
    mark = {"id": "s04", "mark": "bad"}
    bare = client.post(f"http://127.0.0.1:{PORT}/api/marks", json=mark)
    foreign = client.post("/api/marks", json=mark, headers={"origin": "http://evil.com"})
    # what a form of another page can send without asking first
    form = client.post(
        "/api/marks", content=json.dumps(mark), headers={"content-type": "text/plain"}
    )
    assert (bare.status_code, foreign.status_code, form.status_code) == (403, 403, 400)
    assert client.get("/api/marks").status_code == 405
    found = client.get("/api/rows", params={"query": '{"text": "s04", "mark": "bad"}'}).json()
    assert found["total"] == 0


HALF = r'"\ud800"'
WRONG = [
    ("/api/rows", {"query": "{"}, "the query is not valid JSON"),
    ("/api/rows", {"query": "{}", "after": "-1"}, "after is '-1'; it must be a whole number"),
    ("/api/points", {"query": "{}", "x": "a", "y": "b"}, "no column 'a'"),
    ("/api/bounds", {"moves": "3", "label": "x"}, "a moved bound is [label, setting, value]"),
    ("/api/bounds", {"label": "x", "setting": "y"}, "the recipe has no line x"),
    ("/api/rows", {"query": f'{{"text": {HALF}}}'}, "the query is no valid Unicode"),
    ("/api/rows", {"query": f'{{"holds": {{"source": {HALF}}}}}'}, "no valid Unicode"),
    ("/api/rows", {"query": f'{{"chosen": {{"source": [{HALF}]}}}}'}, "no valid Unicode"),
    ("/api/rows", {"query": f'{{"sort": {HALF}}}'}, "no valid Unicode"),
    ("/api/rows", {"query": f"{{{HALF}: 1}}"}, "no valid Unicode"),
    ("/api/points", {"query": f'{{"text": {HALF}}}', "x": "num_words", "y": "num_words"}, "valid"),
    ("/api/bounds", {"moves": f'[[{HALF}, "min_score", 1]]', "label": "x"}, "moves is no valid"),
]


@pytest.mark.parametrize(("path", "words", "message"), WRONG)
def test_a_wrong_question_is_told_in_a_line(client, path, words, message):
    answer = client.get(path, params=words)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


@pytest.mark.parametrize(
    "mark",
    [
        {"id": "nobody", "mark": "bad"},
        {"mark": "bad"},
        [],
        "x",
        {"id": "s00", "tags": ["none"]},
        {"id": "s00", "tags": ["\ud800"]},
        {"id": "s00", "note": "\ud800"},
        {"id": "\ud800", "mark": "meh"},
        {"id": "s00", "\ud800": "bad"},
    ],
)
def test_a_wrong_mark_is_refused(client, mark):
    answer = client.post("/api/marks", content=json.dumps(mark), headers=JSON)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["error"]


def test_a_mark_that_the_disk_does_not_take_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = application(small_looks(), TOKEN, PORT)
    here = TestClient(app, base_url=f"http://127.0.0.1:{PORT}/{TOKEN}")
    Path("marks/ann.jsonl").mkdir(parents=True)
    answer = here.post("/api/marks", json={"id": "s00", "mark": "bad"})
    assert answer.status_code == 507
    assert answer.json() == {"error": "the mark is not kept: Is a directory: marks/ann.jsonl"}
    assert here.get("/api/about").json()["marks"]["bad"] == 0


def test_a_large_body_is_refused(client):
    answer = client.post("/api/marks", json={"id": "s00", "note": "n" * 200_000})
    assert answer.status_code == 400
    assert "more than 100,000 bytes" in answer.json()["error"]


def test_numbers_that_json_has_not_become_null():
    assert finite({"a": [float("nan"), 1.0, float("inf")]}) == {"a": [None, 1.0, None]}


def test_a_port_in_use_is_told():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UserError, match="name another with --port"):
            _listening(other.getsockname()[1])
    with pytest.raises(UserError, match="can't listen on port 99999"):
        _listening(99999)


def test_a_browser_is_opened_only_where_there_is_a_screen(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not _has_screen()
    monkeypatch.setenv("DISPLAY", ":0")
    assert _has_screen()


def test_a_browser_never_finds_a_closed_door_and_an_interrupt_ends_it_quietly(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    write_pool(["a dog"])
    write_params(mix={})
    command = [sys.executable, "-m", "bettersynth.cli", "browse", "--no-open"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    first = server.stdout.readline()
    with urllib.request.urlopen(first.split()[-1] + "api/about") as answer:
        assert json.load(answer)["rows"] == 1
    server.send_signal(signal.SIGINT)
    _, said = server.communicate(timeout=60)
    assert (server.returncode, said) == (0, "")
    assert first.startswith("1 pairs of workspace: http://127.0.0.1:")
