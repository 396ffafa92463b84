"""One measured process that previews and sends a project; prints its figures as JSON lines, and waits between them.

Called as `send_child.py WHO PROJECT_ID SHOTS`: `ours` as a tool would, by the plugin's functions; `plain` as a script
does that asks ftrack for one entity after the other, for the first SHOTS shots.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

HUNDRED_S = 100.0


def main() -> None:
    who, project_id, shots = sys.argv[1:4]
    begin, preview, send = plain(project_id, int(shots)) if who == "plain" else ours(project_id)
    begin()
    before = memory_bytes()
    tell({"before": before})
    found = preview()
    tell({"found": found})
    begun = time.perf_counter()
    send()
    tell({"submit_s": time.perf_counter() - begun, "grown": memory_bytes() - before})


def tell(figures: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    sys.stdin.readline()


def memory_bytes() -> int:
    """Return the most memory that this process has had (Linux: in a child `getrusage` begins with the parent's)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def ours(project_id: str) -> tuple[Any, Any, Any]:
    from ftrack_accsyn_accessor import environment
    from ftrack_accsyn_accessor.model.item import Reason, State
    from ftrack_accsyn_accessor.send.order import Order, Picked
    from ftrack_accsyn_accessor.send.ordering import Ordering
    from ftrack_accsyn_accessor.worker.runtime import open_runtime

    credentials = environment.ftrack_credentials()
    runtime = open_runtime(environment.read_settings(), credentials, environment.read_settings, begin=True)
    ordering = Ordering(runtime, environment.read_settings(), credentials)
    order = Order(Reason.SEND, (Picked("show", project_id),), "studio.hq", "london", latest_only=False)
    made: list[Any] = []

    def preview() -> int:
        made.append(ordering.preview(order))
        return sum(len(plan.going) for plan in made[0].plans)

    def send() -> None:
        (request,) = ordering.confirm(made[0])
        runtime.worker.wake()
        unsent = (State.PREPARED, State.PENDING)
        wait_until(lambda: not sum(runtime.outbox.requests.standing(request).counts.get(each, 0) for each in unsent))
        runtime.worker.stop(20.0)

    return (lambda: None), preview, send


def plain(project_id: str, shots: int) -> tuple[Any, Any, Any]:
    import ftrack_api

    session = ftrack_api.Session(auto_connect_event_hub=False)

    def preview() -> int:
        source = session.query('Location where name is "studio.hq"').one()
        target = session.query('Location where name is "london"').one()
        found = 0
        query = f'AssetVersion where asset.parent.project_id is "{project_id}" order by id limit {shots * 20}'
        for version in session.query(query):
            for component in version["components"]:
                found += source.get_component_availability(component) == 100.0
                target.get_component_availability(component)
                source.get_resource_identifier(component)
        return found

    return (lambda: None), preview, (lambda: None)


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + HUNDRED_S
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("What was asked for is not in accsyn in time.")
        pause.wait(0.05)


if __name__ == "__main__":
    main()
