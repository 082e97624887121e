"""A node of Ray is told the ports of its agents, so that it waits for none of them."""

from __future__ import annotations

import pytest

from bettersynth.measuring import ray_node
from bettersynth.measuring.ray_node import free_ports, patient, telling_raylet


def test_each_agent_has_a_port_of_its_own():
    assert len(set(free_ports(20))) == 20


def test_the_raylet_alone_is_told_where_its_agent_listens():
    def start(command, process_type, **settings):
        return command, process_type, settings

    told = telling_raylet(start, 8301)
    assert told(["raylet", "--x=1"], "raylet", fate_share=True) == (
        ["raylet", "--x=1", "--dashboard_agent_listen_port=8301"],
        "raylet",
        {"fate_share": True},
    )
    assert told(["gcs"], "gcs_server") == (["gcs"], "gcs_server", {})


def test_a_node_that_is_slow_is_waited_for_and_one_that_never_comes_is_not(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    answers = iter([RuntimeError("not yet"), RuntimeError("not yet"), {"node": 1}])

    def get_node(address):
        answer = next(answers, None) or RuntimeError(f"no node at {address}")
        if isinstance(answer, RuntimeError):
            raise answer
        return answer

    assert patient(get_node)("here") == {"node": 1}
    monkeypatch.setattr(ray_node, "NODE_SECONDS", 0)
    with pytest.raises(RuntimeError, match="no node at here"):
        patient(get_node)("here")
