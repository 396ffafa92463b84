"""One measured host process: publishes as a script would and prints its figures as one JSON line.

Called as `child.py LOCATION WORK COUNT FOLDER TASK_ID`; the environment says everything else, as for any host.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.accessor.disk
import ftrack_api.structure.standard


def main() -> None:
    location, work, count, folder, task_id = sys.argv[1:6]
    begun = time.perf_counter()
    session = ftrack_api.Session(auto_connect_event_hub=location == "per-event")
    figures: dict[str, Any] = {"open_s": time.perf_counter() - begun}
    if location != "ours":
        configure_plain(session, Path(folder) / "plain")
    if location == "per-event":
        wait_for_hub(session)
    if work != "open":
        version = new_version(session, task_id)
        posts = count_posts(session)
        figures["publish_s"] = publish(version, work, int(count), Path(folder))
        figures["posts"] = len(posts)
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    if location == "ours":
        sys.stdin.readline()  # The parent watches the background thread, then ends this process.
    session.close()


def count_posts(session: Any) -> list[None]:
    """Return a list that grows with each call of this session; the server also sees those of the background thread."""
    posts: list[None] = []
    call = session.call

    def counted(data: Any) -> Any:
        posts.append(None)
        return call(data)

    session.call = counted
    return posts


def configure_plain(session: Any, prefix: Path) -> None:
    """What ftrack's user-location plugin does: a DiskAccessor on a local folder."""
    prefix.mkdir(exist_ok=True)
    location = session.ensure("Location", {"name": "bench.plain"})
    location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(prefix))
    location.structure = ftrack_api.structure.standard.StandardStructure()
    location.priority = -1


def wait_for_hub(session: Any) -> None:
    deadline = time.monotonic() + 20
    while not session.event_hub.connected:
        if time.monotonic() > deadline:
            raise SystemExit("The event hub did not connect.")
        time.sleep(0.01)


def new_version(session: Any, task_id: str) -> Any:
    task = session.get("Task", task_id)
    asset_type = session.query("AssetType").first()
    asset = session.create("Asset", {"name": f"bench{time.time_ns()}", "type": asset_type, "parent": task["parent"]})
    version = session.create("AssetVersion", {"asset": asset, "task": task})
    session.commit()
    return version


def publish(version: Any, work: str, count: int, folder: Path) -> float:
    """Publish *count* files, or a sequence of as many frames; return the seconds it took."""
    begun = time.perf_counter()
    if work == "sequence":
        version.create_component(f"{folder}/frame.%05d.exr [1-{count}]", {"name": "frames"}, location="auto")
    else:
        for number in range(1, count + 1):
            path = str(folder / f"frame.{number:05d}.exr")
            version.create_component(path, {"name": f"file{number:05d}"}, location="auto")
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
