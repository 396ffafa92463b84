"""The sandbox's ftrack server: HTTP routes over the operations and the event hub."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from typing import Any, Callable

from aiohttp import web

from ftrack_accsyn_sandbox.service import BODY, Service

from . import actions_page, demo, errors, updates
from .access import Caller, View, hidden_projects
from .api import AUTOMATIC_SCENARIO, SERVER_VERSION, Api, name_operations
from .changes import Change
from .hub import HEARTBEAT_S, EventHub
from .invitations import Invitations
from .media import PICTURE, Encoder
from .roles import Roles
from .storage import PUT_PATH, Storage
from .store import Store
from .widgets import WIDGET_PATH, Widgets

PICTURE_PATH = "/component/thumbnail"


class FtrackService(Service):
    """ftrack over HTTP, in memory.

    `store` holds the entities; a fresh service has only what every ftrack server has (see `demo.prepare`). `hub` relays
    events, `storage` has the files of ftrack.server, `encoder` makes reviewable ones of them. `storage_scenario` is
    told to clients as it is: None makes Connect ask for a configuration, a centralised scenario makes clients activate
    it (ftrack fact sheet, "Wire protocol").
    """

    def __init__(
        self,
        port: int = 0,
        tls: bool = False,
        *,
        server_version: str = SERVER_VERSION,
        storage_scenario: dict[str, Any] | None = AUTOMATIC_SCENARIO,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        super().__init__(port, tls)
        self.server_information = {
            "version": server_version,
            "is_timezone_support_enabled": True,
            "storage_scenario": storage_scenario,
        }
        self.store = Store()
        demo.prepare(self.store)
        self.hub = EventHub(heartbeat_s)
        self.store.on_commit = self._tell
        self.storage = Storage()
        self.store.picture_address = self._picture_address
        self.encoder = Encoder(self.store, self.storage)
        self.widgets = Widgets(self.store)
        invitations = Invitations(self.store)
        actions = {
            "get_upload_metadata": lambda operation, view: self.storage.announce(operation, self.url),
            "encode_media": self.encoder.encode,
            "get_widget_url": lambda operation, view: self.widgets.announce(operation, view, self.url),
            "reset_remote": self._reset,
            "send_user_invite": invitations.invite_user,
            "send_review_session_invite": invitations.invite_to_review,
            **Roles(self.store).actions,
        }
        self._api = Api(self.store, self.server_information, actions)
        self._api_keys: dict[str, str] = {}
        self._global_keys: dict[str, frozenset[str]] = {}

    def add_user(self, username: str, api_key: str, **attributes: Any) -> dict[str, Any]:
        """Let a user in with the key, replacing an earlier one, and return the User. Keys stand in no entity."""
        self._api_keys[username] = api_key
        users = self.store.find("User", username=username)
        if users:
            return self.store.update("User", users[0]["id"], **attributes)
        return self.store.create("User", username=username, **attributes)

    def add_global_key(self, api_key: str, *project_ids: str) -> None:
        """Let any active user in with the key, which opens all projects but private ones, and of those *project_ids*.

        Whoever uses it has the key's rights, and writes under their own name.
        """
        self._global_keys[api_key] = frozenset(project_ids)

    def credentials(self, username: str) -> tuple[str, str]:
        """The id and the key of a user who was let in. Raises KeyError."""
        key = self._api_keys[username]
        user_id: str = self.store.find("User", username=username)[0]["id"]
        return user_id, key

    def create_application(self) -> web.Application:
        """The routes; part of `Service`."""
        application = web.Application()
        application.router.add_get("/", self._welcome)
        application.router.add_post("/api", self._call)
        actions_page.add_routes(application, self._people)
        application.router.add_put(PUT_PATH + "{token}", self._put_file)
        application.router.add_get("/component/get", self._get_file)
        application.router.add_get(PICTURE_PATH, self._get_picture)
        application.router.add_get("/component/remove", self._remove_file)
        application.router.add_get(WIDGET_PATH + "{name}", self._serve_widget)
        application.router.add_get("/socket.io/1/", self._shake_hands)
        application.router.add_get("/socket.io/1/websocket/{session_id}", self.hub.serve)
        application.on_shutdown.append(self.hub.close)
        return application

    def operation(self, request: web.Request, body: Any) -> str:
        """The name of a request in the log; part of `Service`."""
        if request.path == "/api":
            return name_operations(body)
        if request.path.startswith("/socket.io/1/websocket/"):
            return "event_hub"
        if request.path.startswith(PUT_PATH):
            return "put_file"
        return "event_hub_handshake" if request.path.startswith("/socket.io/") else request.path

    def decode_body(self, request: web.Request, raw: bytes) -> Any:
        """What *raw* says, unless it is a file; part of `Service`."""
        return None if request.path.startswith(PUT_PATH) else super().decode_body(request, raw)

    async def _welcome(self, request: web.Request) -> web.Response:
        """Connect takes a server without this header for something else."""
        headers = {"FTRACK_VERSION": str(self.server_information["version"])}
        text = '<!doctype html><title>ftrack</title><p>ftrack, a sandbox. <a href="/actions">Actions</a></p>'
        return web.Response(text=text, content_type="text/html", headers=headers)

    def _people(self) -> list[dict[str, Any]]:
        """The active users who were let in with a key, by name, for the page of actions."""
        users = sorted(self.store.find("User", is_active=True), key=lambda user: str(user["username"]))
        return [
            {
                "id": user["id"],
                "username": user["username"],
                "name": f"{user['first_name'] or ''} {user['last_name'] or ''}".strip(),
                "key": self._api_keys[user["username"]],
            }
            for user in users
            if user["username"] in self._api_keys
        ]

    async def _call(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(await self._in_thread(self._authorised_call, request))
        except errors.ServerError as error:
            return web.json_response(error.answer(), status=error.status if _is_strict(request) else 200)

    async def _shake_hands(self, request: web.Request) -> web.Response:
        try:
            caller = await self._in_thread(self._authenticate, request)
        except errors.ServerError as error:
            return web.json_response(error.answer(), status=error.status)
        return web.Response(text=self.hub.admit(caller))

    async def _put_file(self, request: web.Request) -> web.Response:
        self.storage.put(request.match_info["token"], request.headers, await request.read())
        return web.Response()

    async def _get_file(self, request: web.Request) -> web.Response:
        await self._in_thread(self._authenticate_address, request)
        return web.Response(body=self.storage.get(request.query.get("id", "")))

    def _picture_address(self, component_id: str | None) -> str:
        """The address at which the picture is got without a key, as a page shows it."""
        if component_id is None:
            return f"{self.url}{PICTURE_PATH}"
        return f"{self.url}{PICTURE_PATH}?id={component_id}&ticket={self.storage.ticket(component_id)}"

    async def _get_picture(self, request: web.Request) -> web.Response:
        """A thumbnail, by a key or a ticket in the address; without a component the picture that stands for none."""
        component_id, ticket = (request.query.get(name, "") for name in ("id", "ticket"))
        if not component_id:
            return web.Response(body=PICTURE, content_type="image/jpeg")
        if not hmac.compare_digest(ticket.encode(), self.storage.ticket(component_id).encode()):
            await self._in_thread(self._authenticate_address, request)
        return web.Response(body=self.storage.get(component_id))

    async def _remove_file(self, request: web.Request) -> web.Response:
        await self._in_thread(self._authenticate_address, request)
        self.storage.remove(request.query.get("id", ""))
        return web.Response()

    async def _serve_widget(self, request: web.Request) -> web.Response:
        return self.widgets.serve(request.query.get("token", ""))

    @staticmethod
    async def _in_thread(function: Callable[[web.Request], Any], request: web.Request) -> Any:
        """Run what uses the store outside the loop, so that a large batch does not hold up events."""
        return await asyncio.get_running_loop().run_in_executor(None, function, request)

    def _authorised_call(self, request: web.Request) -> list[Any]:
        return self._api.call(request[BODY], self._authenticate(request), is_strict=_is_strict(request))

    def _authenticate(self, request: web.Request) -> Caller:
        """The user whose name, and the key that the request carries: a personal or a global one."""
        return self._known_user(request.headers.get("ftrack-user", ""), request.headers.get("ftrack-api-key", ""))

    def _authenticate_address(self, request: web.Request) -> Caller:
        """The same of the address, as those of files carry it."""
        try:
            return self._known_user(request.query.get("username", ""), request.query.get("apiKey", ""))
        except errors.ServerError as error:
            raise web.HTTPUnauthorized(text=error.content) from None

    def _known_user(self, username: str, api_key: str) -> Caller:
        known = self._api_keys.get(username)
        key_projects = self._global_keys.get(api_key)
        users = self.store.find("User", username=username)
        if not users or not users[0]["is_active"]:
            raise errors.invalid_credentials()
        if known is not None and hmac.compare_digest(known.encode(), api_key.encode()):
            return Caller(users[0]["id"])
        if key_projects is None:
            raise errors.invalid_credentials()
        return Caller(users[0]["id"], key_projects)

    def _reset(self, operation: dict[str, Any], view: View) -> dict[str, Any]:
        """Give a user a new personal key in place of the old one; nothing else can be reset."""
        if operation.get("reset_type") != "api_key" or operation.get("entity_type") != "User":
            raise errors.invalid_value(f"'{operation.get('reset_type')}' cannot be reset.")
        user = self.store.existing(self.store.schema["User"], [operation.get("entity_key")])
        api_key = secrets.token_urlsafe(48)
        self._api_keys[user.values["username"]] = api_key
        return {"action": "reset_remote", "data": {"api_key": api_key}}

    def _tell(self, changes: list[Change], actor_id: str | None) -> None:
        """Publish what a transaction has changed to whoever is connected and may see it; the store is held."""
        callers = self.hub.callers()
        if not callers:
            return
        hidden = {caller: hidden_projects(self.store, caller) for caller in callers}
        for project_id, event in updates.events_of(self.store, changes, actor_id):
            self.hub.tell(event, {caller for caller in callers if project_id not in hidden[caller]})


def _is_strict(request: web.Request) -> bool:
    return request.headers.get("ftrack-strict-api", "").lower() == "true"
