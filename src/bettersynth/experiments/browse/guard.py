"""Who may ask the page's server: a browser of this machine that was given the token, nobody else.

A page of the web can make a browser ask 127.0.0.1. Therefore the token is part of every address,
the Host must be this machine (against names that are pointed at it), and a request that says which
page it comes from must come from this one.
"""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    # nothing off this server, no inline script or style, no frames around it
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # the address holds the token
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(24)


class Guard:
    """Lets through what has the token in its path, this Host, and no foreign Origin.

    The wrapped app sees the path without the token.
    """

    def __init__(self, app: ASGIApp, token: str, port: int):
        self._app = app
        self._token = token
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                for name, value in HEADERS.items():
                    if name.encode() not in given:
                        message["headers"].append((name.encode(), value.encode()))
            await send(message)

        refusal = self._refusal(scope)
        if refusal:
            response = PlainTextResponse(refusal, status_code=403)
            await response(scope, receive, send_guarded)
            return
        await self._app(self._without_token(scope), receive, send_guarded)

    def _refusal(self, scope: Scope) -> str:
        """Return why a request is refused; "" where it is not."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        hosts = [value.decode("latin-1") for value in headers.get(b"host", [])]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return "this server answers 127.0.0.1 alone"
        for origin in headers.get(b"origin", []):
            scheme, _, host = origin.decode("latin-1").partition("://")
            if scheme != "http" or host not in self._hosts:
                return "this server answers its own page alone"
        if not self._has_token(scope["path"]):
            return "the address lacks the token; use the one that `bettersynth browse` printed"
        return ""

    def _has_token(self, path: str) -> bool:
        first = path.removeprefix("/").partition("/")[0]
        return secrets.compare_digest(first.encode(), self._token.encode())

    def _without_token(self, scope: Scope) -> dict[str, Any]:
        length = len(self._token) + 1
        path = scope["path"][length:] or "/"
        return {**scope, "path": path, "raw_path": path.encode()}
