"""The framework's client and host in processes of their own, which talk by events over ftrack's server.

    remote.py host|client as-it-is|repaired [TOOL ..]

The host tells its id and stays. The client tells what the host replied and whether it is connected, and runs the tools
in the host. Closing standard input ends both. Repaired is that by which the framework's client and host part as soon
as an event passes through a server: see `RepairedClient` and `RepairedHost`.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from application import report, report_session
from ftrack_constants.framework.event import REMOTE_EVENT_MODE
from ftrack_framework_core.client import Client
from ftrack_framework_core.event import EventManager
from ftrack_framework_core.host import Host
from ftrack_framework_core.registry import Registry
from ftrack_utils.extensions.environment import get_extensions_path_from_environment
from ftrack_utils.process import terminate_current_process
from ftrack_utils.session import create_api_session


class ToldClient(Client):  # type: ignore[misc]
    """Tells what the first host replied when it was asked for."""

    replied = False

    def _host_discovered_callback(self, event: Any) -> None:
        if not self.replied:
            self.replied = True
            data = event["data"]
            report(reply=type(data).__name__, host_id=data["host_id"], topic=event["topic"])
        super()._host_discovered_callback(event)


class RepairedClient(Client):  # type: ignore[misc]
    """Takes a reply for that of one host: the framework's client expects the list that events without a server give.

    It also asks once, and goes on when all is subscribed to: the framework's client asks as fast as it can, and has a
    host answer thousands of times before it runs anything.
    """

    def discover_host(self, time_out: float = 60.0) -> None:
        self.found = threading.Event()
        self.event_manager.publish.discover_host(callback=self._host_discovered_callback)
        self.found.wait(time_out)

    def _host_discovered_callback(self, event: Any) -> None:
        one = dict(event.items(), data=[event["data"]])
        Client._host_discovered_callback(self, one)
        self.found.set()

    def on_log_item_added_callback(self, event: Any) -> None:
        item = event["data"]["log_item"]
        report(plugin=item["name"], component=item["options"].get("component"), good=item["boolean_status"])


class RepairedHost(Host):  # type: ignore[misc]
    """Tells what plugins came to by what JSON can carry: the framework's host sends an object of its own."""

    def on_plugin_executed_callback(self, plugin_info: dict[str, Any]) -> None:
        plain = json.loads(json.dumps(plugin_info, default=str))
        self.event_manager.publish.host_log_item_added(self.id, plain)


def main(role: str, repaired: bool, tools: list[str]) -> None:
    """Be host or client, and stay."""
    session = create_api_session(auto_connect_event_hub=True)
    report_session(session)
    manager = EventManager(session=session, mode=REMOTE_EVENT_MODE)
    registry = Registry()
    if role == "host":
        registry.scan_extensions(paths=get_extensions_path_from_environment())
        host = (RepairedHost if repaired else Host)(manager, registry)
        report(id=host.id)
    else:
        client = (RepairedClient if repaired else ToldClient)(manager, registry)
        report(connected_to=client.host_connection.host_id if client.host_connection else None)
        for tool in tools:
            client.run_tool(tool, options={"tool_configs": [tool]})
    sys.stdin.read()
    terminate_current_process()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "repaired", sys.argv[3:])
