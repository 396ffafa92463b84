"""A service in this process, and people with ftrack's web page open."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Optional

import ftrack_api.event.base
import ftrack_api.event.hub
import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.actions.service import Service
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Publication, Reason, StagedFile, Studio
from ftrack_accsyn_accessor.model.plan import Fate, Plan, Planned
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.send import asking
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.send.planning import Planner
from ftrack_accsyn_accessor.worker.runtime import Runtime, open_runtime
from ftrack_accsyn_sandbox.studio import Studio as Sandbox
from helpers import wait_until
from publishing import Publisher


class Page:
    """ftrack's web page as one user has it open: it asks over the real hub, and shows what comes."""

    def __init__(self, studio: Sandbox, username: str, claims: Optional[dict[str, str]] = None) -> None:
        key = f"{username}-ftrack-demo-key"
        self.user = claims or {"id": studio.ids[username], "username": username}
        self.shown: list[dict[str, Any]] = []
        self._hub = ftrack_api.event.hub.EventHub(studio.ftrack.url, username, key)
        self._hub.connect()
        metadata = {"id": uuid.uuid4().hex, "applicationId": "ftrack.client.web", "user": self.user}
        topic = "topic=ftrack.action.trigger-user-interface"
        self._hub.subscribe(topic, lambda event: self.shown.append(event["data"]), metadata)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        wait_until(lambda: metadata["id"] in studio.ftrack.hub.subscriber_ids())

    def _run(self) -> None:
        while not self._stop.is_set():
            self._hub.wait(duration=0.05)

    def publish(self, topic: str, data: dict[str, Any], event_id: str = "") -> list[Any]:
        """Publish an event as the page does; return the list that replies will be in."""
        replies: list[Any] = []
        source = {"id": self._hub.id, "user": self.user, "applicationId": "ftrack.client.web"}
        event = ftrack_api.event.base.Event(topic=topic, data=data, source=source, id=event_id or uuid.uuid4().hex)
        self._hub.publish(event, on_reply=lambda reply: replies.append(reply["data"]))
        return replies

    def discover(self, selection: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
        """Return the menu for a selection, once there is one."""
        replies = self.publish("ftrack.action.discover", {"selection": list(selection)})
        wait_until(lambda: replies, what="an answer to discover")
        return [item for reply in replies for item in reply["items"]]

    def launch(self, item: dict[str, Any], selection: Sequence[dict[str, str]], **values: Any) -> dict[str, Any]:
        """Launch an action, with *values* as a submitted form does; return the first reply."""
        data = {**item, "selection": list(selection), **({"values": values} if values else {})}
        replies = self.publish("ftrack.action.launch", data)
        wait_until(lambda: replies, what="a reply to launch")
        found: dict[str, Any] = replies[0]
        return found

    def action(self, name: str, selection: Sequence[dict[str, str]]) -> dict[str, Any]:
        """Return one action of the menu."""
        (found,) = [item for item in self.discover(selection) if item["actionIdentifier"] == f"accsyn.{name}"]
        return found

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._hub.disconnect()


def hidden(reply: dict[str, Any]) -> dict[str, Any]:
    """Return what a form sends back without being touched."""
    return {item["name"]: item.get("value") for item in reply["items"] if "name" in item}


def text(reply: dict[str, Any]) -> str:
    """Return all that a form says."""
    return "\n".join(str(item["value"]) for item in reply["items"] if item["type"] == "label")


@pytest.fixture
def open_page(studio: Sandbox) -> Iterator[Any]:
    pages: list[Page] = []

    def opener(username: str = "artist", claims: Optional[dict[str, str]] = None) -> Page:
        pages.append(Page(studio, username, claims))
        return pages[-1]

    yield opener
    for page in pages:
        page.close()


@pytest.fixture
def page(open_page: Any) -> Page:
    found: Page = open_page()
    return found


class Serving:
    """A service that runs on a thread of this process."""

    def __init__(self) -> None:
        settings = environment.read_settings()
        self.runtime: Runtime = open_runtime(
            settings, environment.ftrack_credentials(), environment.read_settings, begin=True
        )
        self.stop = threading.Event()
        self._service = Service(self.runtime, environment.ftrack_credentials(), environment.read_settings)
        self._thread = threading.Thread(target=self._service.run, args=(self.stop,), daemon=True)

    @property
    def outbox(self) -> Outbox:
        return self.runtime.outbox

    def start(self, studio: Sandbox) -> None:
        before = studio.ftrack.hub.connection_count
        self._thread.start()
        wait_until(lambda: studio.ftrack.hub.connection_count > before, what="the service at the hub")

    def end(self) -> None:
        self.stop.set()
        self._thread.join(10.0)
        assert not self._thread.is_alive()


@pytest.fixture
def serving(studio: Sandbox, publisher: Publisher, planned: None) -> Iterator[Serving]:
    publisher.environment(**studio.environment("admin"))
    service = Serving()
    service.start(studio)
    yield service
    service.end()


@pytest.fixture
def planned(studio: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let plans be made of nothing but the selection."""

    def plan(planner: Any, order: Order) -> list[Plan]:
        ends = (
            Endpoint("hq", studio.ids["studio.hq"], "studio.hq"),
            Endpoint("site=london", studio.ids["studio.london"], "studio.london"),
        )
        server = Studio(studio.ftrack.url, "acme")
        wanted = [Wanted(publication(studio, each.entity_id, number)) for number, each in enumerate(order.picked)]
        fates = tuple(Planned(each, Fate.GOES) for each in wanted)
        return [Plan(Reason.SEND, server, *ends, fates)]

    def confirm(outbox: Outbox, order: Order, plans: Sequence[Plan], who: Requester, token: str) -> list[int]:
        return [
            outbox.requests.write(
                Request(order.reason, plan.studio, who.username, plan.source, plan.destination, who.user_id, token),
                plan.going,
            )
            for plan in plans
        ]

    monkeypatch.setattr(Planner, "plan", plan)
    monkeypatch.setattr(asking, "confirm", confirm)


def publication(studio: Sandbox, component_id: str, number: int) -> Publication:
    path = f"show_a/sq010/sh010/plate_v{number:03d}.mov"
    return Publication(
        component_id,
        "main",
        Kind.FILE,
        path,
        studio.ids["studio.hq"],
        "studio.hq",
        studio.ftrack.url,
        "artist",
        studio.ids["show_a"],
        "show_a",
        f"version-{number}",
        "plate <b>v001</b>",
        (StagedFile(path, 1_000_000, 0),),
        "acme",
    )
