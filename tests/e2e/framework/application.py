"""An application that has the ftrack framework and no window: opens its session, runs tools, and stays.

    application.py TOOL ..

FTRACK_FRAMEWORK_EXTENSIONS_PATH names the folders of its plugins, FTRACK_CONTEXTID its task. Prints a line of JSON
about its session, one for each plugin that was run, and one when all tools were. Its standard input being closed ends
it, in the way the framework ends its processes: killed.
"""

from __future__ import annotations

import inspect
import json
import platform
import sys
from typing import Any

import ftrack_api
import ftrack_constants
import ftrack_framework_core
import ftrack_utils
from ftrack_constants.framework.event import LOCAL_EVENT_MODE
from ftrack_framework_core.client import Client
from ftrack_framework_core.event import EventManager
from ftrack_framework_core.host import Host
from ftrack_framework_core.registry import Registry
from ftrack_utils.extensions.environment import get_extensions_path_from_environment
from ftrack_utils.process import terminate_current_process
from ftrack_utils.session import create_api_session

LIBRARIES = (ftrack_framework_core, ftrack_utils, ftrack_constants, ftrack_api)


def main(tools: list[str]) -> None:
    """Run *tools*, one after the other."""
    session = create_api_session(auto_connect_event_hub=True)
    report_session(session)
    manager = EventManager(session=session, mode=LOCAL_EVENT_MODE)
    registry = Registry()
    registry.scan_extensions(paths=get_extensions_path_from_environment())
    host = Host(manager, registry)
    manager.subscribe.host_log_item_added(host.id, told)
    client = Client(manager, registry)
    for tool in tools:
        client.run_tool(tool, options={"tool_configs": [tool]})
    report(finished=True)
    sys.stdin.read()
    terminate_current_process()


def report_session(session: Any) -> None:
    """Report what the session runs on, and where it would publish."""
    picked = session.pick_location()
    report(
        python=platform.python_version(),
        versions={library.__name__: library.__version__ for library in LIBRARIES},
        location=picked["name"],
        accessor=inspect.getfile(type(picked.accessor)),
    )


def told(event: Any) -> None:
    """Report what a plugin has come to."""
    item = event["data"]["log_item"]
    report(plugin=item.name, component=item.options.get("component"), good=item.boolean_status, message=item.message)


def report(**facts: Any) -> None:
    """Print *facts* as one line of JSON, at once."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
