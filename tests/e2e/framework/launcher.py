"""Launches an application as ftrack Connect does: a copy of its own environment, which plugins may add to.

    launcher.py HOOK_FOLDER COMMAND ..

Connect loads its plugins by their paths and tells its own environment nothing of them.
"""

from __future__ import annotations

import os
import subprocess
import sys

import ftrack_api
from ftrack_api.event.base import Event


def main(hook_folder: str, command: list[str]) -> int:
    """Launch *command*, wait for its end and return its exit code."""
    session = ftrack_api.Session(auto_connect_event_hub=False, plugin_paths=[hook_folder])
    options = {"env": dict(os.environ), "command": command}
    event = Event(topic="ftrack.connect.application.launch", data={"command": command, "options": options})
    session.event_hub.publish(event, synchronous=True)
    return subprocess.Popen(options["command"], env=options["env"]).wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
