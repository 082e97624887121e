import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from bettersynth.experiments.browse.guard import Guard, new_token

HOST = "127.0.0.1:8123"


def client():
    routes = [Route("/{rest:path}", lambda request: PlainTextResponse(request.url.path))]
    guarded = Guard(Starlette(routes=routes), "secret", 8123)
    return TestClient(guarded, base_url=f"http://{HOST}")


def test_the_app_sees_the_path_behind_the_token():
    assert client().get("/secret/a/b").text == "/a/b"
    assert client().get("/secret/").text == client().get("/secret").text == "/"


@pytest.mark.parametrize("path", ["/", "/a", "/Secret/a", "/secretx/a", "/secre/a", "//secret/a"])
def test_without_the_token_nothing_is_answered(path):
    answer = client().get(path)
    assert answer.status_code == 403
    assert "lacks the token" in answer.text


@pytest.mark.parametrize(
    "host", ["evil.com", "127.0.0.1", "127.0.0.1:9", "127.0.0.1:8123.evil.com"]
)
def test_another_host_is_refused_so_that_no_name_can_be_pointed_here(host):
    answer = client().get("/secret/a", headers={"host": host})
    assert answer.status_code == 403


def test_localhost_is_this_machine_too():
    assert client().get("/secret/a", headers={"host": "localhost:8123"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.com", "https://127.0.0.1:8123", "null", ""])
def test_a_foreign_page_is_refused(origin):
    answer = client().post("/secret/a", headers={"origin": origin})
    assert answer.status_code == 403
    assert "its own page alone" in answer.text


def test_its_own_page_is_answered():
    assert client().get("/secret/a", headers={"origin": f"http://{HOST}"}).status_code == 200


@pytest.mark.parametrize("path", ["/secret/a", "/nothing"])
def test_every_answer_forbids_scripts_of_others_and_frames(path):
    headers = client().get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_tokens_are_long_and_never_the_same():
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 32
