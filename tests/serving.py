"""A service in this process, and people with ftrack's web page open."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Optional

import ftrack_api.event.base
import ftrack_api.event.hub
import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.actions import listening
from ftrack_accsyn_accessor.actions.assigned import Wish
from ftrack_accsyn_accessor.actions.service import Service
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Publication, StagedFile, Studio
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Plan, Planned
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.send import asking
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.send.planning import Planner
from ftrack_accsyn_accessor.worker.runtime import Runtime, open_outside
from ftrack_accsyn_sandbox.studio import Studio as Sandbox
from helpers import wait_until
from publishing import Publisher

#: What a service subscribes to: discover, four launches, updates, replies, and its own heartbeat.
SUBSCRIPTIONS = 8


class Page:
    """ftrack's web page as one user has it open: it asks over the real hub, and shows what comes."""

    def __init__(self, studio: Sandbox, username: str, claims: Optional[dict[str, str]] = None) -> None:
        key = f"{username}-ftrack-demo-key"
        self.ids = studio.ids
        self.user = claims if claims is not None else {"id": studio.ids[username], "username": username}
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
        replies = self.ask(item, selection, **values)
        wait_until(lambda: replies, what="a reply to launch")
        found: dict[str, Any] = replies[0]
        return found

    def ask(
        self, item: dict[str, Any], selection: Sequence[dict[str, str]], event_id: str = "", **values: Any
    ) -> list[Any]:
        """Launch an action; return the list that replies will be in."""
        data = {**item, "selection": list(selection), **({"values": values} if values else {})}
        return self.publish("ftrack.action.launch", data, event_id)

    def preview(self, action: dict[str, Any], selection: Sequence[dict[str, str]], **values: Any) -> dict[str, Any]:
        """Fill in the form of Send, from head quarters to London; return what comes."""
        ends = {"source": self.ids["studio.hq"], "destination": self.ids["studio.london"]}
        return self.launch(action, selection, **{**hidden(self.launch(action, selection)), **ends, **values})

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

    def __init__(self, wish: Optional[Wish] = None, outsource_to: str = "") -> None:
        credentials = environment.ftrack_credentials()
        self.runtime: Runtime = open_outside(environment.read_settings(), credentials, environment.read_settings)
        self.stop = threading.Event()
        self._service = Service(self.runtime, credentials, environment.read_settings, wish, outsource_to)
        self._thread = threading.Thread(target=self._service.run, args=(self.stop,), daemon=True)

    @property
    def outbox(self) -> Outbox:
        return self.runtime.outbox

    def start(self, studio: Sandbox) -> None:
        before = len(studio.ftrack.hub.subscriber_ids())
        self._thread.start()
        wait_until(lambda: len(studio.ftrack.hub.subscriber_ids()) >= before + SUBSCRIPTIONS, what="the service")

    def end(self) -> None:
        self.stop.set()
        self._thread.join(10.0)
        assert not self._thread.is_alive()
        # What it was about may take longer than it waits for its threads, and gives the worker more to do.
        wait_until(lambda: self.runtime.worker.stop(0.0) and not _threads(), 40.0, "the threads of the service to end")


def _threads() -> list[str]:
    """Return the names of the threads that services of this process have, beside their worker's."""
    kinds = ("ftrack-accsyn-action", "ftrack-accsyn-assigned", "ftrack-accsyn-vendors")
    return [each.name for each in threading.enumerate() if each.name in kinds]


@pytest.fixture
def serving(studio: Sandbox, publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    monkeypatch.setattr(listening, "LOOK_S", 0.05)
    publisher.environment(**studio.environment("admin"))
    service = Serving()
    service.start(studio)
    yield service
    service.end()


@dataclasses.dataclass
class Planning:
    """What plans are made of while a test has nothing to do with how: nothing but the selection."""

    studio: Sandbox
    destination: str = "site=london"
    fault: Optional[Exception] = None
    gate: Optional[threading.Event] = None
    orders: list[Order] = dataclasses.field(default_factory=list)
    fate: Callable[[str], Fate] = lambda component_id: Fate.GOES

    def plan(self, order: Order) -> list[Plan]:
        self.orders.append(order)
        if self.gate is not None:
            assert self.gate.wait(20.0)
        if self.fault is not None:
            raise self.fault
        ids = self.studio.ids
        ends = Endpoint("hq", ids["studio.hq"], "studio.hq"), Endpoint(self.destination, "", "")
        wanted = [Wanted(self._publication(each.entity_id, number)) for number, each in enumerate(order.picked)]
        wanted += [Wanted(self._file(path)) for path in order.added]
        fates = tuple(self._decided(each) for each in wanted)
        return [Plan(order.reason, Studio(self.studio.ftrack.url, "acme"), *ends, fates)]

    def confirm(self, outbox: Outbox, order: Order, plans: Sequence[Plan], who: Requester, token: str) -> list[int]:
        return [
            outbox.requests.write(
                Request(order.reason, plan.studio, who.username, plan.source, plan.destination, who.user_id, token),
                plan.going,
            )
            for plan in plans
        ]

    def _decided(self, wanted: Wanted) -> Planned:
        fate = self.fate(wanted.publication.component_id)
        cannot = fate is Fate.CANNOT
        return Planned(wanted, fate, Obstacle.NOT_AT_SOURCE if cannot else None, "It is not there." if cannot else "")

    def _publication(self, context_id: str, number: int) -> Publication:
        (path,) = [name for name, each in self.studio.ids.items() if each == context_id]
        project = path.split("/")[0]
        return self._made(f"{path}/plate_v{number:03d}.mov", context_id, project)

    def _file(self, path: str) -> Publication:
        return self._made(path, "", "")

    def _made(self, path: str, component_id: str, project: str) -> Publication:
        ids = self.studio.ids
        source = (ids["studio.hq"], "studio.hq", self.studio.ftrack.url, "artist")
        version = (ids.get(project, ""), project, "v", "plate <b>v001</b>")
        files = (StagedFile(path, 1_000_000, 0),)
        name = "main" if component_id else ""
        return Publication(component_id, name, Kind.FILE, path, *source, *version, files, "acme")


@pytest.fixture
def planned(studio: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Planning:
    planning = Planning(studio)
    monkeypatch.setattr(Planner, "plan", lambda planner, order: planning.plan(order))
    monkeypatch.setattr(asking, "confirm", planning.confirm)
    return planning
