"""What the child processes of the fault tests do: publish as a script would, recover as the next session would.

In a process of its own (see `support_template`), with the real ftrack_api and the plugin from the hook folder.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ftrack_api
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from fault import support_histories, support_kill
from ftrack_accsyn_accessor.model import pacing, retry
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import leadership, patience
from ftrack_accsyn_accessor.worker import lookup, runtime
from helpers import wait_until

WAITING = (State.PREPARED, State.PENDING, State.NEEDS_ATTENTION)

#: Bytes of a made-up source file.
SIZE_BYTES = 3000


class Report:
    """Lines of JSON that survive the death of the process which writes them."""

    def __init__(self, path: str) -> None:
        self._path = path

    def add(self, **row: Any) -> None:
        """Append one line."""
        with open(self._path, "a", encoding="utf-8") as report:
            report.write(json.dumps(row) + "\n")


def content(name: str) -> bytes:
    """Return what the source file *name* holds; the same in every process."""
    return random.Random(name).randbytes(SIZE_BYTES)


def publish(arguments: Mapping[str, Any], report: Report) -> None:
    """Open a session and publish `items`, each a kind and a name; then leave as `leave` says."""
    shorten_waits(arguments)
    session = ftrack_api.Session()
    publish_items(session, arguments, report)
    leave(session, arguments.get("leave", "exit"))


def publish_items(session: Any, arguments: Mapping[str, Any], report: Report, suffix: str = "") -> None:
    """Publish each of `items` under its name and *suffix*."""
    for kind, name in arguments["items"]:
        report.add(begun=name + suffix)
        project = arguments.get("project", "show_a")
        component = publish_item(session, Path(arguments["folder"]), kind, name + suffix, project)
        report.add(published=name + suffix, id=component["id"])


def publish_in_threads(arguments: Mapping[str, Any], report: Report) -> None:
    """Publish `items` once in each of `threads` threads, each with a session of its own, all at the same moment."""
    shorten_waits(arguments)
    patience.HOST_S = runtime.PREPARE_S = 60.0  # on a busy machine turns take longer than a host would wait
    wait_until(Path(arguments["go"]).exists, 30.0, "the signal to go")
    failures: list[str] = []

    def work(number: int) -> None:
        try:
            project = ("show_a", "show_b")[number % 2]
            session = ftrack_api.Session()
            publish_items(session, {**arguments, "project": project}, report, f"_{arguments['name']}_{number}")
            session.close()
        except Exception:  # noqa: BLE001 - an assertion on another thread would be lost
            failures.append(traceback.format_exc())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(arguments["threads"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, "\n".join(failures)
    if arguments.get("leave") == "drain":
        drain(ftrack_api.Session())


def open_session(arguments: Mapping[str, Any], report: Report) -> None:
    """Open a session as soon as the others do, report its location, and leave."""
    wait_until(Path(arguments["go"]).exists, 30.0, "the signal to go")
    session = ftrack_api.Session()
    location = session.pick_location()
    report.add(location=location["id"], staged=hasattr(location, "accsyn_staging"))
    leave(session, arguments.get("leave", "exit"))


def republish(arguments: Mapping[str, Any], report: Report) -> None:
    """Publish the file `name`, take it out of the staging location, write its source anew, and publish it again.

    The second time the process dies at the step `kill_later`.
    """
    shorten_waits(arguments)
    session = ftrack_api.Session()
    folder, name = Path(arguments["folder"]), arguments["name"]
    component = publish_item(session, folder, "file", name)
    drain(session)
    report.add(published=name, id=component["id"])
    if "kill_later" in arguments:
        support_kill.arm(support_kill.Step(**arguments["kill_later"]))
    session.pick_location().remove_component(component)
    (folder / f"{name}.mov").write_bytes(content(name) + b"anew")  # accsyn looks at sizes and whole seconds
    session.pick_location().add_component(component, session.get("Location", ORIGIN_LOCATION_ID))
    leave(session, arguments.get("leave", "exit"))


def recover(arguments: Mapping[str, Any], report: Report) -> None:
    """Open a session and let its worker bring everything to accsyn that others have left behind."""
    shorten_waits(arguments)
    session = ftrack_api.Session()
    drain(session)
    report.add(drained=True)
    leave(session, arguments.get("leave", "exit"))


def live(arguments: Mapping[str, Any], report: Report) -> None:
    """See `support_histories`."""
    shorten_waits(arguments)
    support_histories.live(arguments, report)


def follow(arguments: Mapping[str, Any], report: Report) -> None:
    """See `support_histories`."""
    shorten_waits(arguments)
    support_histories.follow(arguments, report)


def shorten_waits(arguments: Mapping[str, Any]) -> None:
    """Spare hundreds of trials the seconds that the plugin lets pass for bursts, and for calls still under way."""
    for module, name in ((pacing, "QUIET_S"), (lookup, "CREATION_GRACE_S"), (retry, "FIRST_DELAY_S")):
        setattr(module, name, arguments.get(name, 0.1))
    pacing.FIRST_PATIENCE_S = max(pacing.FIRST_PATIENCE_S, pacing.QUIET_S)
    pacing.FIRST_PAUSE_S = pacing.LONGEST_PAUSE_S = 0.1
    leadership.BEAT_S = arguments.get("BEAT_S", leadership.BEAT_S)
    for name in ("HELP_DELAY_S", "OUTAGE_CAP_S", "UNREADABLE_DELAY_S", "CROWDED_FIRST_S", "SOONEST_S"):
        setattr(retry, name, arguments.get(name, getattr(retry, name)))


def leave(session: Any, how: str) -> None:
    """End the process, or stay until it is killed."""
    if how == "hard":
        os._exit(0)
    if how == "drain":
        drain(session)
    elif how == "stay":
        wait_until(lambda: False, 600.0)
    session.close()


def drain(session: Any, timeout_s: float = 30.0) -> None:
    """Wait until nothing is left for the worker."""
    parts = session.pick_location().accsyn_staging

    def done() -> bool:
        parts.wake()
        counts = parts.outbox.counts()
        return not any(counts[state] for state in WAITING)

    wait_until(done, timeout_s, "the outbox to be drained")


def publish_item(session: Any, folder: Path, kind: str, name: str, project: str = "show_a") -> Any:
    """Publish one component: a "file", a "sequence" with a hole, a "container" of files, or a "nested" one.

    The last holds a sequence before a file, so that its frames are registered while the file is not staged yet.
    """
    version = create_version(session, project, name)
    if kind == "file":
        return version.create_component(str(source(folder, f"{name}.mov")), {"name": name}, location="auto")
    if kind == "sequence":
        return version.create_component(frames(folder, name), {"name": name}, location="auto")
    container = session.create("ContainerComponent", {"name": name, "version": version})
    for path in members(folder, kind, name):
        # ftrack's structure finds the place of a sequence by its version only.
        data = {
            "name": Path(path).name.partition(".")[0],
            "container": container,
            "version": version if "%" in path else None,
        }
        container["members"].append(session.create_component(path, data, location=None))
    session.commit()
    session.pick_location().add_component(container, session.get("Location", ORIGIN_LOCATION_ID))
    return container


def members(folder: Path, kind: str, name: str) -> Iterator[str]:
    if kind == "nested":
        yield frames(folder, f"{name}_a")
    else:
        yield str(source(folder, f"{name}_a.txt"))
    yield str(source(folder, f"{name}_b.txt"))


def frames(folder: Path, name: str) -> str:
    """Make the frames of a sequence with one hole; return the expression that names them."""
    for number in (1001, 1002, 1004):
        source(folder, f"{name}.{number}.exr")
    return f"{folder / name}.%04d.exr [1001-1002, 1004]"


def source(folder: Path, name: str) -> Path:
    """Make the source file *name*."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content(name))
    return path


def create_version(session: Any, project: str, name: str) -> Any:
    """Create a version of an asset of its own."""
    shot = session.query(f'Shot where project.name is "{project}" order by name').first()
    asset = session.create("Asset", {"name": name, "parent": shot, "type": session.query("AssetType").first()})
    version = session.create("AssetVersion", {"asset": asset})
    session.commit()
    return version


def count_workers(arguments: Mapping[str, Any], report: Report) -> None:
    """Open `sessions` sessions and report how many worker threads there are."""
    sessions = [ftrack_api.Session() for _ in range(arguments["sessions"])]
    names = [thread.name for thread in threading.enumerate()]
    report.add(workers=names.count("ftrack-accsyn-worker"), sessions=len(sessions))


def publish_across_reset(arguments: Mapping[str, Any], report: Report) -> None:
    """Publish before and after `session.reset()`, and in a new session after `session.close()`."""
    shorten_waits(arguments)
    session = ftrack_api.Session()
    publish_items(session, arguments, report, "_first")
    session.reset()
    publish_items(session, arguments, report, "_second")
    session.close()
    session = ftrack_api.Session()
    publish_items(session, arguments, report, "_third")
    drain(session)


def publish_across_time_zones(arguments: Mapping[str, Any], report: Report) -> None:
    """Publish at the first of `zones` while accsyn does not answer; go on in the second, where it is another day."""
    shorten_waits(arguments)
    change_zone(arguments["zones"][0])
    session = ftrack_api.Session()
    publish_items(session, arguments, report)
    parts = session.pick_location().accsyn_staging
    wait_until(lambda: any(item.attempts for item in parts.outbox.items()), 20.0, "the first attempt")
    change_zone(arguments["zones"][1])
    publish_items(session, arguments, report, "_later")
    drain(session)


def change_zone(name: str) -> None:
    """Let this process live in another time zone."""
    os.environ["TZ"] = name
    time.tzset()


def publish_at_exit(arguments: Mapping[str, Any], report: Report) -> None:
    """Publish in an exit handler that runs after the plugin's own, which has stopped the worker by then."""
    shorten_waits(arguments)
    sessions: list[Any] = []
    atexit.register(lambda: publish_items(sessions[0], arguments, report))
    sessions.append(ftrack_api.Session())


def wake_at_once(arguments: Mapping[str, Any], report: Report) -> None:
    """Let many threads wake the worker at the same moment, again and again; report how many of it ran each time."""
    parts = ftrack_api.Session().pick_location().accsyn_staging
    sys.setswitchinterval(1e-6)
    for _ in range(arguments["rounds"]):
        assert parts.worker.stop(10.0)
        barrier = threading.Barrier(arguments["threads"])
        threads = [threading.Thread(target=wake_with, args=(barrier, parts)) for _ in range(arguments["threads"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        names = [thread.name for thread in threading.enumerate()]
        report.add(workers=names.count("ftrack-accsyn-worker"))


def wake_with(barrier: threading.Barrier, parts: Any) -> None:
    """Wake the worker when all others are about to."""
    barrier.wait()
    parts.wake()
