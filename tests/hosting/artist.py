"""What an artist's application does, in any host: publishes with ftrack_api, and knows next to nothing of the plugin.

Runs where only ftrack_api is installed. The folder that ARTIST_FOLDER names takes the sources, and the report.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import Any

import ftrack_api

FOLDER = os.environ["ARTIST_FOLDER"]
#: Of a line of a source file, which tells the file's name.
LINES = 200
#: How long the background may take to hand over to accsyn what was published.
SENT_S = 60.0
#: Of items that accsyn does not have yet.
WAITING = ("prepared", "pending")


def report(**row: Any) -> None:
    """Append a line of JSON to the report; whatever comes later, it is there."""
    with open(os.path.join(FOLDER, "report"), "a", encoding="utf-8") as lines:
        lines.write(json.dumps(row) + "\n")


def open_session() -> Any:
    return ftrack_api.Session(auto_connect_event_hub=False)


def publish(session: Any, name: str, project: str = "show_a", frames: Sequence[int] = (), file: str = "") -> None:
    """Publish a file, or a sequence of *frames*, as a version of an asset of its own, and report it.

    The source is called as the component, unless *file* names it.
    """
    shot = session.query(f'Shot where project.name is "{project}" order by name').first()
    kind = session.query("AssetType order by name").first()
    asset = session.create("Asset", {"name": name, "parent": shot, "type": kind})
    version = session.create("AssetVersion", {"asset": asset})
    session.commit()
    component = version.create_component(source(file or name, frames), {"name": name}, location="auto")
    report(id=component["id"], location=session.pick_location(component)["name"])


def source(name: str, frames: Sequence[int] = ()) -> str:
    """Make the file, or the frames, called *name*; return what ftrack is told to publish."""
    path = os.path.join(FOLDER, name)
    for end in [f"{frame:04d}.exr" for frame in frames] or ["mov"]:
        with open(f"{path}.{end}", "wb") as file:
            file.write(f"{name} {end}\n".encode() * LINES)
    return f"{path}.%04d.exr [{frames[0]}-{frames[-1]}]" if frames else f"{path}.mov"


def open_and_publish(name: str, **more: Any) -> Any:
    """Open a session, publish, and return the session."""
    session = open_session()
    publish(session, name, **more)
    return session


def stay(session: Any) -> None:
    """Stay, as an application does, until accsyn has all that was published."""
    outbox = session.pick_location().accsyn_staging.outbox
    ends = time.monotonic() + SENT_S
    while not is_sent(outbox):
        if time.monotonic() > ends:
            raise AssertionError(f"Still waiting: {[(each.state, each.cause) for each in outbox.items()]}")
        time.sleep(0.05)


def is_sent(outbox: Any) -> bool:
    """Whether accsyn has all that is in *outbox*."""
    return not any(number for state, number in outbox.counts().items() if state.value in WAITING)
