"""A limit of time for a connection that holds whatever the server does.

A socket's own time-out starts again with each byte, so that a server which sends a byte now and
then would keep its reader for ever.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class ConnectionWatch:
    """Shuts the connection that it follows when its time is over."""

    def __init__(self) -> None:
        self.expired = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def follow(self, connected: socket.socket) -> None:
        """Take the connection that is to be shut when the time is over; at once if it is."""
        with self._lock:
            self._socket = connected
            if self.expired:
                self._shut()

    def expire(self) -> None:
        """Say that the time is over, and shut the connection if there is one."""
        with self._lock:
            self.expired = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            # it is closed already
            with contextlib.suppress(OSError):
                # of the plain socket: that of TLS would first take its keys away from the reader
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@contextlib.contextmanager
def limited_time(watch: ConnectionWatch, seconds: float) -> Iterator[None]:
    """Let the watch expire where the block takes longer than `seconds`."""
    timer = threading.Timer(seconds, watch.expire)
    # a program that ends does not wait for it
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
