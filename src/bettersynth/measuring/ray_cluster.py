"""The Ray cluster that this process works with: one that runs, or one of this machine.

One that is started here lasts until this process ends, however it ends, and leaves nothing behind
but for a folder of logs where it was killed.
"""

from __future__ import annotations

import atexit
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from bettersynth.data.files.addresses import without_login
from bettersynth.data.files.orphans import end_with_parent
from bettersynth.errors import UserError, warn
from bettersynth.settings.reading import threads

START_SECONDS = 300
# a port that was free may be taken meanwhile, and Ray itself gives a node 30 s to start
STARTS = 3
END_SECONDS = 20
# until who listens at an address has answered
ANSWER_SECONDS = 20
# Ray's turns of 36 s to reach a cluster, of which it takes 20: who listens may be no cluster
TURNS_TO_REACH = 3
HOST_AND_PORT = re.compile(r"(?P<host>[^/\s]+):(?P<port>\d{1,5})")


def connect(address: str | None) -> Any:
    """Return the module `ray`, connected to the cluster at `address`.

    Where it is None, a cluster of as many cores as this process may use is started, or the one that
    was started before is used.

    Raises:
        UserError: there is no such cluster, or none starts.
    """
    # else Ray counts who uses it, over the network
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address is None:
        head = _own_head()
    else:
        head = None
        # Ray reads it as it is imported
        os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", str(TURNS_TO_REACH))
    import ray

    if ray.is_initialized():
        return ray
    if address is not None:
        _require_listener(address)
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        ray.init(address=head.address if head else address, **quiet)
    # Ray raises plain exceptions too
    except Exception as error:
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise _no_cluster(address, without_login(why)) from None
    return ray


def _require_listener(address: str) -> None:
    """Pass if somebody listens at an address HOST:PORT: Ray itself would try for twelve minutes.

    Raises:
        UserError: nobody does.
    """
    named = HOST_AND_PORT.fullmatch(address)
    if named is None:
        return
    host, port = named["host"].strip("[]"), int(named["port"])
    try:
        socket.create_connection((host, port), ANSWER_SECONDS).close()
    # OverflowError: no port has this number
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _no_cluster(address, f"nobody answers there ({why})") from None


def _no_cluster(address: str | None, why: str) -> UserError:
    place = "on this machine" if address is None else f"at {without_login(address)}"
    has_token = os.environ.get("RAY_AUTH_MODE") == "token"
    hint = "" if has_token else "; one with a token needs `export RAY_AUTH_MODE=token` here too"
    return UserError(
        f"no Ray cluster {place}: {why}; start one with `ray start --head`, or leave the address "
        f"out to start one here{hint if address else ''}"
    )


def disconnect() -> None:
    """Leave the cluster; end one that was started here."""
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()
    if _Head.running is not None:
        _Head.running.end()


def _own_head() -> _Head:
    if _Head.running is None:
        # who has no token cannot have this cluster run anything
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        for turn in range(1, STARTS + 1):
            _Head.running = _Head()
            if _Head.running.starts():
                break
            _Head.running.end()
            if turn < STARTS:
                warn("the Ray cluster of this machine did not start: once more")
        else:
            raise UserError("no Ray cluster starts on this machine; use engine: local")
        atexit.register(disconnect)
    return _Head.running


class _Head:
    """The processes of a cluster of one machine, which end with this process."""

    running: _Head | None = None

    def __init__(self) -> None:
        # short, as a socket's address may have 107 letters
        self.folder = tempfile.mkdtemp(prefix="ray-")
        # Ray writes it when all is up
        self.ready = Path(self.folder, "ray_current_cluster")
        command = [sys.executable, "-m", "bettersynth.measuring.ray_node", "--head", "--block"]
        command += ["--port=0", f"--num-cpus={threads()}", f"--temp-dir={self.folder}"]
        command += ["--include-dashboard=false", "--include-log-monitor=false"]
        command += ["--disable-usage-stats"]
        with open(Path(self.folder, "start.log"), "wb") as log, warnings.catch_warnings():
            # Lance warns of forks: this one asks the system for its end and is another program then
            warnings.filterwarnings("ignore", ".*not fork-safe", UserWarning)
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # a Ctrl-C is for this process, which ends the cluster when it has come to an end
                start_new_session=True,
                # on Linux Ray's own processes end with the one that is started here
                preexec_fn=end_with_parent,
            )

    @property
    def address(self) -> str:
        """Where the cluster listens."""
        return self.ready.read_text().strip()

    def starts(self) -> bool:
        """Return whether the cluster is there, as soon as it is or will not be."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if self.ready.exists() and self.address:
                return True
            time.sleep(0.1)
        return False

    def end(self) -> None:
        """End the processes and remove their logs."""
        _Head.running = None
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
