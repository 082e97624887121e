"""Content of an address that a row of a data set names: nothing of it is believed.

Only http and https are asked; a machine of the own network only where that was allowed; time and
size have limits that hold whatever the server does. No proxy is used, since it would look the name
up itself.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import urllib.parse
from typing import Any

from bettersynth.data.files.connection_watch import ConnectionWatch, limited_time

MAX_REDIRECTS = 5
BLOCK_BYTES = 1 << 16
REDIRECTS = (301, 302, 303, 307, 308)
AGENT = "bettersynth"


class NoDownload(Exception):
    """There is no whole content; the message says why."""


def download(url: str, seconds: float, max_bytes: int, allow_private: bool) -> bytes:
    """Return the content of an address; up to `MAX_REDIRECTS` redirects are followed.

    Raises:
        NoDownload: no http or https, a private address that is not allowed, another status than
            200, more than `seconds` in all or `max_bytes`, or no whole answer.
    """
    watch = ConnectionWatch()
    try:
        with limited_time(watch, seconds):
            for _ in range(MAX_REDIRECTS + 1):
                connection = _connection(url, seconds, allow_private, watch)
                with contextlib.closing(connection):
                    content = _ask(connection, url, max_bytes)
                if watch.expired:
                    break
                if isinstance(content, bytes):
                    return content
                url = urllib.parse.urljoin(url, content)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if not watch.expired:
            raise NoDownload(f"no answer ({error or type(error).__name__})") from None
    if watch.expired:
        raise NoDownload(f"no whole answer within {seconds:g} s")
    raise NoDownload(f"more than {MAX_REDIRECTS} redirects")


def _connection(
    url: str, seconds: float, allow_private: bool, watch: ConnectionWatch
) -> http.client.HTTPConnection:
    """Return an open connection to the machine that was checked, and to no other."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise NoDownload(f"only http and https are downloaded, not {parts.scheme or url}")
    if not parts.hostname:
        raise NoDownload("it names no host")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    # the address that is checked is the one that is asked: a second look-up might give another
    address = _checked_address(parts.hostname, port, allow_private)
    connected = socket.create_connection((address, port), seconds)
    watch.follow(connected)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connected = context.wrap_socket(connected, server_hostname=parts.hostname)
        watch.follow(connected)
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=seconds)
    connection.sock = connected
    return connection


def _checked_address(host: str, port: int, allow_private: bool) -> str:
    """Return the first address of a host; all of them must be public unless others are allowed."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for text in addresses:
        address: Any = ipaddress.ip_address(text.partition("%")[0])
        # an IPv4 address in the clothes of an IPv6 one
        address = getattr(address, "ipv4_mapped", None) or address
        if not allow_private and (not address.is_global or address.is_multicast):
            raise NoDownload(f"{host} is {text}, which is no public address (allow_private)")
    return addresses[0]


def _ask(connection: http.client.HTTPConnection, url: str, max_bytes: int) -> bytes | str:
    """Return the content at `url`, or as text the address that it is to be had at."""
    parts = urllib.parse.urlsplit(url)
    path = urllib.parse.quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    if parts.query:
        path = f"{path}?{urllib.parse.quote(parts.query, safe='/%:@!$&()*+,;=~?')}"
    connection.request("GET", path, headers={"User-Agent": AGENT, "Connection": "close"})
    with connection.getresponse() as response:
        if response.status in REDIRECTS:
            return response.headers.get("Location", "")
        if response.status != http.client.OK:
            raise NoDownload(f"HTTP {response.status}")
        return _read(response, max_bytes)


def _read(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    content = bytearray()
    while block := response.read1(BLOCK_BYTES):
        content += block
        if len(content) > max_bytes:
            raise NoDownload(f"more than {max_bytes:,} bytes")
    # what is still to come, by the header
    if response.length:
        raise NoDownload("the answer was cut short")
    return bytes(content)
