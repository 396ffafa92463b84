"""SIGKILL at each step from a confirmed request to what its user has fetched: one delivery, whatever is lost."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asking import Asking
from fault import support_asking
from fault.support_asking import DELIVERY_STEPS
from fault.support_fixtures import Run
from ftrack_accsyn_accessor.model.item import Endpoint, Reason, State
from ftrack_accsyn_accessor.model.item import Studio as Owner
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outside_path
from ftrack_accsyn_sandbox.accsyn.entities import Delivery
from ftrack_accsyn_sandbox.studio import Studio

KILLED = -getattr(signal, "SIGKILL", 9)
OUTSIDE: dict[str, Any] = {"ACCSYN_PROJECTS_PATH": None}
VENDOR = "vendor@acme.test"


@pytest.fixture
def desk(studio: Studio) -> Iterator[Asking]:
    working = Asking(studio)
    yield working
    working.close()


@pytest.fixture
def wanted(desk: Asking) -> list[Wanted]:
    return [desk.file_at(desk.hq, "plate"), desk.sequence_at(desk.hq, "frames", [1, 2, 4])]


@pytest.fixture
def path(desk: Asking, wanted: list[Wanted], tmp_path: Path) -> str:
    owner = Owner(desk.studio.ftrack.url, desk.studio.accsyn.workspace.code)
    vendor = Endpoint(f"delivery={VENDOR}", desk.place(VENDOR), VENDOR)
    request = Request(Reason.SEND, owner, "artist", desk.hq, vendor, token="confirmed-once", words="2 components")
    return support_asking.write(tmp_path / "wanted.pickle", request, wanted)


@pytest.fixture
def fetching(desk: Asking, tmp_path: Path) -> Iterator[None]:
    """Somebody who fetches the first delivery as soon as it is open."""
    stopped = threading.Event()

    def fetch() -> None:
        while not stopped.wait(0.1):
            found = [each for each in desk.studio.demo.workspace.each(Delivery) if each.status == "waiting"]
            if found:
                desk.studio.fetch_delivery(found[0].id, VENDOR, tmp_path / "got")
                return

    thread = threading.Thread(target=fetch)
    thread.start()
    yield
    stopped.set()
    thread.join()


def assert_one_delivery_was_fetched(desk: Asking, wanted: list[Wanted]) -> None:
    kept = Outbox(outside_path(None, Path(os.environ["XDG_STATE_HOME"]) / "ftrack-accsyn"))
    (standing,) = kept.requests.latest(10)
    assert standing.counts == {State.SYNCED: len(wanted)}, [(item.state, item.cause) for item in kept.items()]
    (delivery,) = desk.studio.demo.workspace.each(Delivery)
    assert len(delivery.tasks) == 1 + 3
    vendor = Endpoint("", desk.place(VENDOR), VENDOR)
    assert desk.registered(vendor) == desk.registered(desk.hq)


@pytest.mark.usefixtures("fetching")
@pytest.mark.parametrize("name", DELIVERY_STEPS)
def test_a_request_whose_process_is_killed_at_a_step_is_one_delivery(
    desk: Asking, run: Run, wanted: list[Wanted], path: str, name: str
) -> None:
    killed = run("ask", OUTSIDE, kill=dataclasses.asdict(DELIVERY_STEPS[name]), wanted=path)
    assert killed.wait() == KILLED, killed.output

    again = run("ask", OUTSIDE, wanted=path)  # the same event, delivered once more
    assert again.wait() == 0, again.output

    assert_one_delivery_was_fetched(desk, wanted)


@pytest.mark.usefixtures("fetching")
def test_a_lost_answer_and_two_services_at_once_make_one_delivery(
    desk: Asking, run: Run, wanted: list[Wanted], path: str
) -> None:
    desk.studio.accsyn.switches.drop_after("delivery/create")
    services = [run("ask", OUTSIDE, wanted=path) for _ in range(2)]

    assert [service.wait() for service in services] == [0, 0], [service.output for service in services]

    assert_one_delivery_was_fetched(desk, wanted)
