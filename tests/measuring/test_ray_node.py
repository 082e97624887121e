"""A node of Ray is told the ports of its agents, so that it waits for none of them."""

from __future__ import annotations

from bettersynth.measuring.ray_node import free_ports, telling_raylet


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
