"""A real HTTP server on this machine stands for the endpoint: what is sent, what is repeated, what
it costs, and that the key stays here.
"""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.chat_server import Answer, Server, said
from support.parity import FOLDER

from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.models.captioners import Request, openai_endpoint
from bettersynth.models.generation.chat_prompts import SYSTEM_PROMPTS

KEY = "sk-very-secret-0123456789"
NAMES = ["images/shapes0.png", "images/gray.png", "images/shapes1.png"]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def images() -> Images:
    return Images(lambda name: (FOLDER / name).read_bytes())


def caption(server: Server, requests: list[Request] | None = None, **settings: Any) -> list[str]:
    options = {"model": "tiny", "base_url": server.url, "backoff_seconds": 0.01, **settings}
    captioner = CachedCaptioner("openai_endpoint", options, "caption.settings")
    made, _ = captioner.caption(
        images(), requests or [Request(name, "Describe.", 0) for name in NAMES], seed=0
    )
    captioner.close()
    return made


def test_a_call_carries_picture_prompt_system_prompt_and_seed(server: Server) -> None:
    made = caption(
        server,
        [Request(NAMES[0], "What is it?", 0), Request(NAMES[0], "What is it?", 1)],
        mode="description",
        max_tokens=7,
    )
    assert server.paths == ["/v1/chat/completions"] * 2
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    first, second = sorted(server.calls, key=lambda body: made.index(f"caption {body['seed']}"))
    assert first["seed"] != second["seed"]
    assert (first["model"], first["max_tokens"], first["temperature"]) == ("tiny", 7, 1.0)
    system, user = first["messages"]
    assert system == {"role": "system", "content": SYSTEM_PROMPTS["description"]}
    assert user["content"][0] == {"type": "text", "text": "What is it?"}
    url = user["content"][1]["image_url"]
    assert url["detail"] == "low"
    sent = Image.open(
        io.BytesIO(base64.b64decode(url["url"].removeprefix("data:image/jpeg;base64,")))
    )
    assert sent.size == images().picture(NAMES[0]).size


@pytest.mark.parametrize("mode", ["reasoning", "resoning", "conversation", "custom"])
def test_the_mode_decides_what_the_endpoint_is_told(server: Server, mode: str) -> None:
    caption(server, [Request(NAMES[0], "", 0)], mode=mode, system_prompt="Be brief.")
    expected = (
        "Be brief."
        if mode == "custom"
        else SYSTEM_PROMPTS["conversation" if mode[0] == "c" else "reasoning"]
    )
    assert server.calls[0]["messages"][0]["content"] == expected
    assert [part["type"] for part in server.calls[0]["messages"][1]["content"]] == ["image_url"]


def test_nothing_is_asked_twice_and_speed_or_prices_change_nothing(server: Server) -> None:
    first = caption(server)
    assert caption(server, parallel=2, prompt_price=3.0, timeout_seconds=9.0) == first
    assert len(server.calls) == 3
    caption(server, temperature=0.5)
    assert len(server.calls) == 6


def test_failures_are_repeated_with_growing_pauses_or_as_the_server_asks(server: Server) -> None:
    failures: list[Answer] = [
        (500, {"error": "x"}, {}),
        (429, {}, {"Retry-After": "0.2"}),
        (200, b"not json", {}),
        (200, {"choices": []}, {}),
    ]
    server.answer = lambda k, body: failures[k] if k < len(failures) else said("at last")
    assert caption(server, [Request(NAMES[0], "", 0)]) == ["at last"]
    pauses = [after - before for before, after in zip(server.times, server.times[1:], strict=False)]
    assert len(pauses) == 4
    assert pauses[1] >= 0.2
    assert pauses[3] >= 0.08


def test_a_server_that_never_answers_ends_the_run_and_what_was_made_is_kept(server: Server) -> None:
    server.answer = lambda k, body: said("fine") if k < 2 else (503, {"error": f"busy {KEY}"}, {})
    with pytest.raises(
        UserError, match=r"HTTP 503: .*busy \*\*\*.*, 3 times; what was captioned is kept"
    ):
        caption(server, parallel=1, max_retries=2)
    assert len(server.calls) == 5
    server.answer = lambda k, body: said("later")
    assert sorted(caption(server)) == ["fine", "fine", "later"]
    assert len(server.calls) == 6


def test_no_server_is_one_clear_error(server: Server) -> None:
    with pytest.raises(UserError, match="chat/completions: no answer .*, 1 times"):
        caption(server, base_url="http://127.0.0.1:9/v1", max_retries=0)


VICTIM = """
import sys
from pathlib import Path
from bettersynth.models.captioners import Request
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.data.samples.batch import Images
settings = {"model": "tiny", "base_url": sys.argv[1], "parallel": 2}
captioner = CachedCaptioner("openai_endpoint", settings, "here")
requests = [Request(sys.argv[2], "", k) for k in range(30)]
captioner.caption(Images(lambda name: Path(name).read_bytes()), requests, seed=0)
"""


def test_after_sigkill_only_the_answers_under_way_are_paid_again(server: Server) -> None:
    def slowly(k: int, body: dict[str, Any]) -> Answer:
        time.sleep(0.05)
        return said("fine")

    server.answer = slowly
    environment = {**os.environ, "PYTHONPATH": str(Path(openai_endpoint.__file__).parents[3])}
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, server.url, str(FOLDER / NAMES[0])], env=environment
    )
    deadline = time.monotonic() + 60
    while len(server.calls) < 8 and victim.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    victim.kill()
    assert victim.wait() == -signal.SIGKILL
    before = len(server.calls)
    assert 8 <= before < 30
    made = caption(server, [Request(NAMES[0], "", k) for k in range(30)])
    assert made == ["fine"] * 30
    assert (
        len(server.calls) <= 30 + 4
    )  # two calls at a time, and what was answered but not yet written down


def test_a_wrong_key_ends_the_run_at_once_and_is_never_shown(
    server: Server, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    server.answer = lambda k, body: (401, {"error": f"Incorrect API key provided: {KEY}"}, {})
    with pytest.raises(UserError, match=r"HTTP 401: .*provided: \*\*\*") as error:
        caption(server, parallel=1)
    assert len(server.calls) == 1
    caption_server_says = "".join(capfd.readouterr())
    server.answer = lambda k, body: said("fine")
    caption(server)
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert KEY.encode() not in path.read_bytes(), path
    assert KEY not in str(error.value) + caption_server_says + "".join(capfd.readouterr())


def test_a_redirect_does_not_take_the_key_along(server: Server) -> None:
    other = Server()
    server.answer = lambda k, body: (307, {}, {"Location": f"{other.url}/chat/completions"})
    with pytest.raises(UserError, match="HTTP 307"):
        caption(server)
    assert other.calls == []
    other.http.shutdown()
    other.http.server_close()


def test_a_refused_picture_has_no_caption_and_is_asked_again_next_time(server: Server) -> None:
    server.answer = lambda k, body: said("fine") if k != 1 else (400, {"error": "policy"}, {})
    assert sorted(caption(server, parallel=1)) == ["", "fine", "fine"]
    assert sorted(caption(server, parallel=1)) == ["fine"] * 3
    assert len(server.calls) == 4


def test_when_everything_is_refused_the_run_ends_early(server: Server) -> None:
    server.answer = lambda k, body: (400, {"error": "unknown parameter"}, {})
    with pytest.raises(
        UserError, match="refused the first 10 requests; the last: HTTP 400: .*unknown parameter"
    ):
        caption(server, [Request(NAMES[0], "", k) for k in range(40)])
    assert len(server.calls) < 30


def test_an_unreadable_picture_costs_no_answer(server: Server) -> None:
    good = images().read(NAMES[0])
    files = {
        "a": good,
        "b": images().read(NAMES[1]),
        "cut": good[:80],
        "d": images().read(NAMES[2]),
    }
    captioner = CachedCaptioner(
        "openai_endpoint", {"model": "tiny", "base_url": server.url}, "here"
    )
    made, bad = captioner.caption(
        Images(files.__getitem__), [Request(name, "", 0) for name in files], seed=0
    )
    assert [bool(text) for text in made] == [True, True, False, True]
    assert list(bad) == ["cut"]
    assert len(server.calls) == 3


def test_tokens_and_money_are_written_down_and_limited(
    server: Server, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    caption(server, prompt_price=2.0, completion_price=5.0)
    assert (
        "tiny: 3 answers, 270 + 30 tokens, 0.0007 by the stated prices" in capsys.readouterr().out
    )
    lines = [
        json.loads(line)
        for line in (tmp_path / "cache/endpoint_costs/costs.jsonl").read_text().splitlines()
    ]
    assert [
        (line["model"], line["prompt_tokens"], line["completion_tokens"]) for line in lines
    ] == [("tiny", 90, 10)] * 3
    assert sum(line["cost"] for line in lines) == pytest.approx((270 * 2 + 30 * 5) / 1e6)
    with pytest.raises(UserError, match="max_cost 0.0003 is spent"):
        caption(
            server,
            [Request(NAMES[0], "", k) for k in range(9)],
            prompt_price=2.0,
            max_cost=0.0003,
            parallel=1,
        )
    assert len(server.calls) == 5


def test_the_key_is_asked_of_the_environment_alone(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(UserError, match="set the environment variable OPENAI_API_KEY"):
        caption(server)
    with pytest.raises(UserError, match="has no setting api_key"):
        caption(server, api_key=KEY)
    with pytest.raises(UserError, match="base_url must hold no user, password or query"):
        caption(server, base_url="http://me:secret@127.0.0.1/v1")
    with pytest.raises(
        UserError, match="key_env must be the name of an environment variable"
    ) as error:
        caption(server, key_env=KEY)
    assert KEY not in str(error.value)
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\nX: y")
    with pytest.raises(UserError, match="holds characters that no header can carry") as error:
        caption(server)
    assert KEY not in str(error.value)
    caption(server, key_env="", tokens_field="max_completion_tokens")
    assert "Authorization" not in server.headers[0]
    assert server.calls[0]["max_completion_tokens"] == 500


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("max_cost", -1.0),
        ("prompt_price", -3.0),
        ("max_retries", -1),
        ("timeout_seconds", 0.0),
    ],
)
def test_a_limit_below_nothing_is_refused(server: Server, setting: str, value: Any) -> None:
    with pytest.raises(
        UserError, match=f"captioner openai_endpoint: {setting} is {value}; it must be"
    ):
        caption(server, **{setting: value})


def test_an_answer_that_repeats_the_key_is_neither_kept_nor_shown(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server.answer = lambda k, body: said(f"a cat with Bearer {KEY}")
    assert caption(server) == ["", "", ""]
    assert "the answer repeats the key" in (shown := "".join(capfd.readouterr()))
    assert KEY not in shown
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert KEY.encode() not in path.read_bytes(), path
