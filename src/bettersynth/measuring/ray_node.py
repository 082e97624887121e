"""`ray start`, also on a busy machine: python -m bettersynth.measuring.ray_node WORDS OF RAY START.

A node of Ray waits 15 s for each agent of its own to name its port, and ends itself where one is
slower (https://github.com/ray-project/ray/issues/65983). Here free ports are chosen beforehand,
which nobody waits for. Ray 2.60 tells a node three of them; the fourth is added to its command. For
the node itself Ray waits 30 s, here longer.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

AGENT_PORTS = ("dashboard-agent-grpc-port", "metrics-export-port", "runtime-env-agent-port")
LISTEN_PORT = "dashboard-agent-listen-port"
RAYLET = "raylet"
NODE_SECONDS = 120


def start(words: Sequence[str]) -> None:
    """Do as `ray start WORDS` with ports for all agents of the node."""
    from ray._private import services
    from ray.scripts import scripts

    listen_port, *ports = free_ports(1 + len(AGENT_PORTS))
    chosen = [f"--{LISTEN_PORT}={listen_port}"]
    for name, port in zip(AGENT_PORTS, ports, strict=True):
        chosen.append(f"--{name}={port}")
    services.get_node = patient(services.get_node)
    services.start_ray_process = telling_raylet(services.start_ray_process, listen_port)
    scripts.cli(["start", *chosen, *words], prog_name="ray")


def telling_raylet(start_process: Callable[..., Any], port: int) -> Callable[..., Any]:
    """Return Ray's function that starts a process, which tells a raylet the port too."""

    def start_told(command: Sequence[str], process_type: str, **settings: Any) -> Any:
        if process_type == RAYLET:
            command = [*command, f"--{LISTEN_PORT.replace('-', '_')}={port}"]
        return start_process(command, process_type, **settings)

    return start_told


def patient(get_node: Callable[..., Any]) -> Callable[..., Any]:
    """Return Ray's function that looks a node up, which waits until it is there."""

    def get_in_time(*arguments: Any) -> Any:
        end = time.monotonic() + NODE_SECONDS
        while True:
            try:
                return get_node(*arguments)
            except RuntimeError:
                if time.monotonic() > end:
                    raise
            time.sleep(0.2)

    return get_in_time


def free_ports(count: int) -> list[int]:
    """Return so many ports that nobody uses now."""
    # all are held until each has its own
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


if __name__ == "__main__":
    start(sys.argv[1:])
