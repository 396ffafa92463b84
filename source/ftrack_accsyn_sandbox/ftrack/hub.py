"""Event hub: the socket.io 0.9 protocol over websockets, and the relay of events to whoever subscribed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
from typing import Any

from aiohttp import WSMsgType, web

from . import subscription
from .access import Caller

# The client gives up after 60 s without a packet, so it gets several within that time.
HEARTBEAT_S = 20.0
CLIENT_TIMEOUT_S = 60
DISCONNECT = "0:"

Event = dict[str, Any]
_logger = logging.getLogger(__name__)


class _Connection:
    """One client: its websocket and, by subscriber id, what it subscribed to."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.BaseTransport | None, caller: Caller | None
    ) -> None:
        self.socket = socket
        self.transport = transport
        self.caller = caller
        self.subscribers: dict[str, tuple[subscription.Test, dict[str, Any]]] = {}

    def wants(self, event: Event, is_target: subscription.Test) -> bool:
        """Whether a subscriber here is interested in the event, and a target of it."""
        return any(interested(event) and is_target(metadata) for interested, metadata in self.subscribers.values())


class EventHub:
    """Relays events between connections; nothing is kept for those who are away.

    Its coroutines run on the service's event loop. `publish`, `tell`, `disconnect_all`, `connection_count` and
    `subscriber_ids` may be used from any thread.
    """

    def __init__(self, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._heartbeat_s = heartbeat_s
        self._admitted: dict[str, Caller | None] = {}
        self._connections: set[_Connection] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def connection_count(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    def subscriber_ids(self) -> set[str]:
        """Ids of the subscribers that the hub knows, of all clients."""
        return {identifier for connection in tuple(self._connections) for identifier in tuple(connection.subscribers)}

    def admit(self, caller: Caller | None = None) -> str:
        """The answer to a handshake; its first part is the session id of the websocket that may follow."""
        session_id = uuid.uuid4().hex
        self._admitted[session_id] = caller
        return f"{session_id}:{CLIENT_TIMEOUT_S}:{CLIENT_TIMEOUT_S}:websocket"

    def publish(self, topic: str, data: dict[str, Any]) -> None:
        """Send an event of the server's own to its subscribers."""
        event = {
            "topic": topic,
            "data": data,
            "id": uuid.uuid4().hex,
            "sent": None,
            "source": {"id": "server"},
            "target": "",
        }
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._relay(event), self._loop).result(10.0)

    def callers(self) -> set[Caller]:
        """Who is connected."""
        return {connection.caller for connection in tuple(self._connections) if connection.caller is not None}

    def tell(self, event: Event, callers: set[Caller]) -> None:
        """Send an event of the server's own to those of *callers* who subscribed to it, after all told before it."""
        chosen = [connection for connection in tuple(self._connections) if connection.caller in callers]
        if chosen and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the service is being stopped
                asyncio.run_coroutine_threadsafe(self._relay(event, chosen), self._loop)

    def disconnect_all(self) -> None:
        """Cut every connection, as a restart of the server would."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self.close(), self._loop).result(10.0)

    async def close(self, application: web.Application | None = None) -> None:
        """Cut every connection; also called when the service stops.

        Without a closing handshake: the client connects again only after a cut, it gives up for good after a goodbye.
        """
        for connection in tuple(self._connections):
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One client's websocket, from its opening to its end."""
        session_id = request.match_info["session_id"]
        if session_id not in self._admitted:
            return web.Response(status=401, text="client not handshaken")
        caller = self._admitted.pop(session_id)
        self._loop = asyncio.get_running_loop()
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        connection = _Connection(socket, request.transport, caller)
        self._connections.add(connection)
        heartbeat = asyncio.ensure_future(self._beat(socket))
        try:
            await socket.send_str("1::")
            async for message in socket:
                if message.type is not WSMsgType.TEXT or message.data.startswith(DISCONNECT):
                    break
                await self._receive(connection, message.data)
        except ConnectionError:
            _logger.debug("An event hub client went away.", exc_info=True)
        finally:
            self._connections.discard(connection)
            heartbeat.cancel()
        return socket

    async def _beat(self, socket: web.WebSocketResponse) -> None:
        with contextlib.suppress(ConnectionError):
            while not socket.closed:
                await socket.send_str("2::")
                await asyncio.sleep(self._heartbeat_s)

    async def _receive(self, connection: _Connection, packet: str) -> None:
        """Packets are `code:id:path:data`; only events (5) need more than silence."""
        code, packet_id, _, data = [*packet.split(":", 3), "", "", ""][:4]
        if code != "5":
            return
        answer: dict[str, Any] = {"success": True}
        try:
            for event in json.loads(data).get("args", ()):
                await self._accept(connection, event)
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            answer = {"success": False, "message": str(error)}
        if packet_id.endswith("+"):
            await connection.socket.send_str(f"6:::{packet_id}{json.dumps([answer])}")

    async def _accept(self, connection: _Connection, event: Event) -> None:
        topic, data = event["topic"], event.get("data")
        if topic == "ftrack.meta.subscribe":
            subscriber = event["data"]["subscriber"]
            connection.subscribers[subscriber["id"]] = (subscription.parse(event["data"]["subscription"]), subscriber)
        elif topic == "ftrack.meta.unsubscribe" and isinstance(data, dict):
            connection.subscribers.pop(data["subscriber"]["id"], None)
        else:
            await self._relay(event)

    async def _relay(self, event: Event, connections: list[_Connection] | None = None) -> None:
        """Send the event to every connection (of those given) that wants it, the sender's included."""
        target = event.get("target")
        is_target: subscription.Test = subscription.parse(target) if target else lambda subscriber: True
        packet = "5:::" + json.dumps({"name": "ftrack.event", "args": [event]})
        for connection in tuple(self._connections) if connections is None else connections:
            if connection.wants(event, is_target):
                with contextlib.suppress(ConnectionError):
                    await connection.socket.send_str(packet)
