"""The page's server: its routes, and running it until somebody stops it."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bettersynth.data.pictures.decoding import BadImage
from bettersynth.data.tables.marks import Mark
from bettersynth.errors import UserError
from bettersynth.experiments.browse.asked import parse_asked
from bettersynth.experiments.browse.guard import Guard, new_token
from bettersynth.experiments.browse.looks import Looks
from bettersynth.experiments.browse.marks import NotKept
from bettersynth.settings.reading import read_settings

HOST = "127.0.0.1"
# bytes of what a page may send
MOST_BODY = 100_000
# the page's own files: nothing else of the package is served
FILES = {
    "page.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
    "ask.js": "text/javascript",
    "bounds.js": "text/javascript",
    "card.js": "text/javascript",
    "dialog.js": "text/javascript",
    "dom.js": "text/javascript",
    "filters.js": "text/javascript",
    "gallery.js": "text/javascript",
    "histogram.js": "text/javascript",
    "scatter.js": "text/javascript",
}


def serve(looks: Looks, port: int, open_page: bool) -> None:
    """Serve the page on this machine until it is interrupted; prints its address.

    Raises:
        UserError: something else listens on the port.
    """
    listening = _listening(port)
    port = listening.getsockname()[1]
    token = new_token()
    address = f"http://{HOST}:{port}/{token}/"
    print(f"{len(looks.pairs):,} pairs of {looks.pairs.name}: {address}", flush=True)
    print("only this machine can open it, with this address; Ctrl-C ends it", flush=True)
    # the access log would hold the token
    settings = uvicorn.Config(
        application(looks, token, port), log_level="warning", access_log=False, server_header=False
    )
    if open_page and _has_screen():
        threading.Timer(0.5, webbrowser.open, [address]).start()
    # Ctrl-C is how it is meant to end
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run(sockets=[listening])


def _has_screen() -> bool:
    """Whether a browser can open a window; without one a text browser would take the terminal."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        # from here on a browser waits for the server instead of being refused
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"can't listen on port {port}: {reason}; name another with --port, or leave it out"
        ) from None
    return listening


def application(looks: Looks, token: str, port: int) -> ASGIApp:
    """Return the guarded app; every route is below the token."""
    routes = [
        Route("/", _file("page.html")),
        Route("/api/about", _answering(looks, _about)),
        Route("/api/rows", _answering(looks, _rows)),
        Route("/api/pair", _answering(looks, _pair)),
        Route("/api/bounds", _answering(looks, _bounds)),
        Route("/api/points", _answering(looks, _points)),
        Route("/api/marks", _answering(looks, _set_mark), methods=["POST"]),
        Route("/marks.jsonl", _marks_file(looks)),
        Route("/picture/{row:int}/{number:int}", _picture(looks)),
    ]
    for name in FILES:
        routes.append(Route(f"/{name}", _file(name)))
    return Guard(Starlette(routes=routes), token, port)


def _file(name: str) -> Callable[[Request], Any]:
    """Return the route of one file of the page."""

    async def answer(request: Request) -> Response:
        content = files("bettersynth.experiments.browse").joinpath(name).read_bytes()
        return Response(content, media_type=FILES[name])

    return answer


def _answering(
    looks: Looks, ask: Callable[[Looks, dict[str, str], Any], Any]
) -> Callable[[Request], Any]:
    """Return a route that answers with JSON.

    A mistake in the question is told as `error`, and so is a mark that the disk does not take.
    """

    async def answer(request: Request) -> Response:
        body = None
        try:
            if request.method == "POST":
                body = await _body(request)
            asked = dict(request.query_params)
            found = await run_in_threadpool(ask, looks, asked, body)
        except UserError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        except NotKept as error:
            return JSONResponse({"error": str(error)}, status_code=507)
        return JSONResponse(finite(found))

    return answer


async def _body(request: Request) -> Any:
    """Return the JSON that the page sent.

    Raises:
        UserError: it is none. A form of another page can send no JSON without being asked first.
    """
    if request.headers.get("content-type") != "application/json":
        raise UserError("the body must be application/json")
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MOST_BODY:
            raise UserError(f"the body has more than {MOST_BODY:,} bytes")
    return parse_asked(content, "the body")


def finite(value: Any) -> Any:
    """Return JSON's form of a value: NaN and infinities, which it has not, become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def _about(looks: Looks, asked: dict[str, str], body: Any) -> Any:
    return looks.about()


def _rows(looks: Looks, asked: dict[str, str], body: Any) -> Any:
    after = _whole(asked, "after", 0) if "after" in asked else None
    count = _whole(asked, "count", 60)
    return looks.rows(asked.get("query", ""), after, count)


def _pair(looks: Looks, asked: dict[str, str], body: Any) -> Any:
    return looks.pair(_whole(asked, "row", 0))


def _bounds(looks: Looks, asked: dict[str, str], body: Any) -> Any:
    moves = parse_asked(asked.get("moves", "[]"), "moves")
    return looks.moved(moves, asked.get("label", ""), asked.get("setting", ""))


def _points(looks: Looks, asked: dict[str, str], body: Any) -> Any:
    return looks.points(asked.get("query", ""), asked.get("x", ""), asked.get("y", ""))


def _set_mark(looks: Looks, asked: dict[str, str], body: Any) -> Any:
    return looks.mark(read_settings(Mark, body, "the mark"))


def _whole(asked: dict[str, str], name: str, default: int) -> int:
    written = asked.get(name, str(default))
    if not (written.isdecimal() and len(written) < 12):
        raise UserError(f"{name} is {written!r}; it must be a whole number")
    return int(written)


def _marks_file(looks: Looks) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        name = {"content-disposition": 'attachment; filename="marks.jsonl"'}
        return PlainTextResponse(looks.marks.exported(), headers=name)

    return answer


def _picture(looks: Looks) -> Callable[[Request], Any]:
    """Return the route of the pictures, which never change while the page is open."""

    async def answer(request: Request) -> Response:
        row = request.path_params["row"]
        number = request.path_params["number"]
        try:
            content, kind = await run_in_threadpool(looks.pictures.shown, row, number)
        except (UserError, BadImage) as error:
            return PlainTextResponse(str(error), status_code=404)
        kept = {"cache-control": "private, max-age=3600"}
        return Response(content, media_type=kind, headers=kept)

    return answer
