"""ftrack's web page, as far as actions go: a client of the event hub that finds, launches and hears them for users.

It differs from a session as the real page does: its events carry id and name of the user and no host, it listens as
`ftrack.client.web`, takes the first reply to a launch, and keeps nothing of what is said while it is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import threading
import time
import uuid
from typing import Any, Coroutine, TypeVar

import aiohttp

from . import forms
from .server import FtrackService

CLIENT = "ftrack.client.web"
DISCOVER, LAUNCH = "ftrack.action.discover", "ftrack.action.launch"
SHOW, REPLY = "ftrack.action.trigger-user-interface", "ftrack.meta.reply"
CONNECT_TIMEOUT_S = 10.0
#: How long a discover is given here, and a launch by ftrack's own JavaScript client.
DISCOVER_TIMEOUT_S, LAUNCH_TIMEOUT_S = 10.0, 30.0

Data = dict[str, Any]
_Result = TypeVar("_Result")


class WebPage:
    """The page as any number of users of a running service have it open; every method blocks, from any thread.

    A user's page opens at first use, or by `open`. It sees neither what subscribers do nor how many there are: what
    has not come after the time given is taken for no answer.
    """

    def __init__(self, service: FtrackService) -> None:
        self._service = service
        self._pages: dict[str, WebUser] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="WebPage", daemon=True)

    def __enter__(self) -> WebPage:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for page in self._pages.values():
            self._run(page.close(), CONNECT_TIMEOUT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def pick(self, *entity_ids: str) -> list[dict[str, str]]:
        """Return the selection of these entities. Raises KeyError for what cannot be selected."""
        return forms.pick(self._service.store, *entity_ids)

    def open(self, user: str) -> WebUser:
        """Open the page of the user with that name, if it is not open, so that `messages` begins. Raises KeyError."""
        page = self._pages.get(user)
        if page is None or page.closed:
            if page is not None:
                self._run(page.close(), CONNECT_TIMEOUT_S)
            kept = page.messages if page else []
            page = WebUser(self._service.url, user, *self._service.credentials(user), messages=kept)
            self._pages[user] = page
            self._run(page.connect(), CONNECT_TIMEOUT_S)
        return page

    def discover(
        self, user: str, selection: list[dict[str, str]], *, replies: int = 1, timeout_s: float = DISCOVER_TIMEOUT_S
    ) -> list[Data]:
        """Ask which actions there are for the selection; return their items.

        Waits until so many *replies* have come (one a subscriber that has something to offer), or the time is over.
        """
        data = {
            "selection": selection,
            "groupers": [],
            "filters": [],
            "sorters": [{"direction": "ASC", "property": "label", "root": "data"}],
        }
        answers = self._ask(user, DISCOVER, data, replies, timeout_s)
        offered = [answer["items"] for answer in answers if isinstance(answer, dict) and answer.get("items")]
        return list(itertools.chain.from_iterable(offered))

    def launch(
        self,
        user: str,
        item: Data,
        selection: list[dict[str, str]],
        values: Data | None = None,
        *,
        timeout_s: float = LAUNCH_TIMEOUT_S,
    ) -> Data | None:
        """Launch a discovered item, with the *values* of its form once there was one.

        Returns the first reply; None when none came in time.
        """
        data = {**item, "selection": selection}
        if values is not None:
            data["values"] = values
        answers = self._ask(user, LAUNCH, data, 1, timeout_s)
        return answers[0] if answers else None

    def submit(
        self, user: str, item: Data, selection: list[dict[str, str]], form: Data, /, **answers: Any
    ) -> Data | None:
        """Fill in *form*, the reply of a launch, by *answers* and submit it: see `forms.values_of` and `launch`."""
        return self.launch(user, item, selection, forms.values_of(form["items"], **answers))

    def messages(self, user: str) -> list[Data]:
        """Return what the user was shown by `ftrack.action.trigger-user-interface` since the page is open."""
        return list(self.open(user).messages)

    def wait_for_messages(self, user: str, count: int = 1, timeout_s: float = 10.0) -> list[Data]:
        """Return `messages` once there are so many. Raises TimeoutError that names those which came."""
        page = self.open(user)
        deadline = time.monotonic() + timeout_s
        while len(page.messages) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Waited {timeout_s:g} s for {count} messages to {user}, saw {page.messages}.")
            page.changed.wait(0.1)
            page.changed.clear()
        return list(page.messages)

    def _ask(self, user: str, topic: str, data: Data, replies: int, timeout_s: float) -> list[Any]:
        asking = self.open(user).ask(topic, data, replies, timeout_s)
        return self._run(asking, timeout_s + CONNECT_TIMEOUT_S)

    def _run(self, coroutine: Coroutine[Any, Any, _Result], timeout_s: float) -> _Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout_s)


class WebUser:
    """One user's open page. Its coroutines run on the loop of `WebPage`; the rest may be read from any thread."""

    def __init__(self, url: str, username: str, user_id: str, api_key: str, *, messages: list[Data]) -> None:
        self._url = url
        self._user = {"id": user_id, "username": username}
        self._headers = {"ftrack-user": username, "ftrack-api-key": api_key}
        self._id = uuid.uuid4().hex
        self._numbers = itertools.count(1)
        self._accepted: dict[str, asyncio.Future[None]] = {}
        self._replies: dict[str, asyncio.Queue[Any]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self.messages = messages
        self.changed = threading.Event()

    @property
    def closed(self) -> bool:
        """Whether the connection has ended, for instance because the service cut it."""
        return self._socket is None or self._socket.closed

    async def connect(self) -> None:
        """Connect to the hub and listen. Raises aiohttp's errors."""
        self._session = aiohttp.ClientSession(headers=self._headers)
        async with self._session.get(f"{self._url}/socket.io/1/") as answer:
            answer.raise_for_status()
            session_id = (await answer.text()).split(":")[0]
        self._socket = await self._session.ws_connect(f"{self._url}/socket.io/1/websocket/{session_id}")
        self._reading = asyncio.ensure_future(self._read(self._socket))
        await self._subscribe(f"topic={REPLY}", self._id)
        await self._subscribe(f"topic={SHOW}", uuid.uuid4().hex)

    async def close(self) -> None:
        """Close the page."""
        if self._reading is not None:
            self._reading.cancel()
        if self._session is not None:
            await self._session.close()

    async def ask(self, topic: str, data: Data, replies: int, timeout_s: float) -> list[Any]:
        """Publish an event; return the data of its first *replies* replies, or of those that came in time."""
        event_id = uuid.uuid4().hex
        queue = self._replies[event_id] = asyncio.Queue()
        found: list[Any] = []
        try:
            await self._publish(topic, data, event_id)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(_collect(queue, replies, found), timeout_s)
        finally:
            del self._replies[event_id]
        return found

    async def _subscribe(self, subscription: str, identifier: str) -> None:
        subscriber = {"id": identifier, "applicationId": CLIENT, "user": self._user}
        data = {"subscriber": subscriber, "subscription": subscription}
        await self._publish("ftrack.meta.subscribe", data, uuid.uuid4().hex)

    async def _publish(self, topic: str, data: Data, event_id: str) -> None:
        """Send an event and wait until the server has taken it."""
        if self._socket is None:
            raise RuntimeError("The page is not open.")
        source = {"id": self._id, "user": self._user}
        event = {"id": event_id, "topic": topic, "data": data, "source": source, "target": "", "sent": None}
        number = str(next(self._numbers))
        accepted = self._accepted[number] = asyncio.get_running_loop().create_future()
        packet = json.dumps({"name": "ftrack.event", "args": [event]})
        await self._socket.send_str(f"5:{number}+::{packet}")
        await asyncio.wait_for(accepted, CONNECT_TIMEOUT_S)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for packet in socket:
            code, _, _, data = [*str(packet.data).split(":", 3), "", "", ""][:4]
            if code == "2":
                await socket.send_str("2:::")
            elif code == "6":
                self._accepted.pop(data.split("+")[0]).set_result(None)
            elif code == "5":
                for event in json.loads(data)["args"]:
                    self._hear(event)

    def _hear(self, event: Data) -> None:
        if event["topic"] == SHOW:
            self.messages.append(event["data"])
            self.changed.set()
        elif event["topic"] == REPLY and event.get("inReplyToEvent") in self._replies:
            self._replies[event["inReplyToEvent"]].put_nowait(event.get("data"))


async def _collect(queue: asyncio.Queue[Any], count: int, found: list[Any]) -> None:
    while len(found) < count:
        found.append(await queue.get())
