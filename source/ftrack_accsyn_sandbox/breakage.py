"""What can be broken in a running studio on purpose, in what words it is told, and how it is mended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ftrack_accsyn_sandbox.accsyn.entities import User
from ftrack_accsyn_sandbox.studio import Studio
from ftrack_accsyn_sandbox.unplugging import plug_in, unplug

LOG_IN_PAGE = (
    "<!doctype html><html><head><title>Hotel Wi-Fi: please log in</title></head>"
    "<body><h1>Welcome</h1><p>Your room number, please.</p></body></html>"
)
_REVOKED = "revoked-in-the-sandbox-"

_BY_WHOM = "by an application with the plugin; without one: ftrack-accsyn drain."

Mending = Callable[[], None]


@dataclass(frozen=True)
class Kind:
    """Something that can be broken: `begin` does it and returns what mends it; the words are for who did it."""

    begin: Callable[[Studio], Mending]
    broken: str
    mended: str


def _accsyn(studio: Studio) -> Mending:
    studio.accsyn.switches.refuse(True)
    return lambda: studio.accsyn.switches.refuse(False)


def _ftrack(studio: Studio) -> Mending:
    studio.ftrack.switches.refuse(True)
    studio.ftrack.hub.disconnect_all()
    return lambda: studio.ftrack.switches.refuse(False)


def _client(studio: Studio) -> Mending:
    client = studio.demo.artist_client.id
    studio.accsyn.engine.client_offline(client)
    return lambda: studio.accsyn.engine.client_online(client)


def _disk(studio: Studio) -> Mending:
    unplug(studio.staging)
    return lambda: plug_in(studio.staging)


def _key(studio: Studio) -> Mending:
    """Change the keys of all who are there; who gets a new one meanwhile keeps that."""
    workspace = studio.demo.workspace
    keys = {user.code: user.api_key for user in workspace.each(User)}
    for email, key in keys.items():
        workspace.change_key(email, _REVOKED + key)

    def mend() -> None:
        for email, key in keys.items():
            user = workspace.get(User, email)
            if user is not None and user.api_key == _REVOKED + key:
                workspace.change_key(email, key)

    return mend


def _transfer(studio: Studio) -> Mending:
    studio.accsyn.engine.fail_all("E#J057 The sandbox lets transfers fail.")
    return studio.accsyn.engine.clear_failures


def _portal(studio: Studio) -> Mending:
    services = (studio.ftrack, studio.accsyn)
    for service in services:
        service.switches.stand_in(LOG_IN_PAGE)
    studio.ftrack.hub.disconnect_all()

    def mend() -> None:
        for service in services:
            service.switches.stand_in(None)

    return mend


KINDS: dict[str, Kind] = {
    "accsyn": Kind(
        _accsyn,
        "accsyn is away: its port refuses connections. What is published is staged and waits; status, why and doctor "
        "say that it cannot be reached.",
        f"accsyn answers again. What waits is sent within a minute {_BY_WHOM}",
    ),
    "ftrack": Kind(
        _ftrack,
        "ftrack is away: its port refuses connections. No session opens and nothing can be published, as doctor says; "
        "what waits, goes on waiting.",
        f"ftrack answers again. What waits is sent within a minute {_BY_WHOM}",
    ),
    "client": Kind(
        _client,
        "This machine's accsyn client is offline. What is published is submitted, and its tasks wait in accsyn; why "
        "and doctor name the client.",
        "This machine's accsyn client is online again, and carries what has waited for it.",
    ),
    "disk": Kind(
        _disk,
        "The disk with the staging area is unplugged: its folder lies beside, under another name. Nothing can be "
        "published and nothing is lost; status, why and doctor say that it is unplugged.",
        "The disk with the staging area is plugged in again, with all that was on it.",
    ),
    "key": Kind(
        _key,
        "accsyn refuses every API key. What is published is staged and waits; status, why and doctor tell you to check "
        "ACCSYN_API_USER and ACCSYN_API_KEY.",
        f"accsyn accepts the API keys of before again. What waits is sent within some minutes {_BY_WHOM}",
    ),
    "transfer": Kind(
        _transfer,
        "Every task that runs, or begins, fails. What is published needs attention; status, why and doctor tell "
        "accsyn's reason.",
        "Tasks run again. What has failed is tried again after ten minutes, or at once after ftrack-accsyn retry, "
        f"{_BY_WHOM}",
    ),
    "portal": Kind(
        _portal,
        "A network's log-in page answers in place of both servers. No session opens and nothing can be published; "
        "doctor, and why where something waits, tell you to open a web page and log in.",
        f"The log-in page is gone, and both servers answer again. What waits is sent within a minute {_BY_WHOM}",
    ),
}


class Breakage:
    """What is broken in *studio* at the moment. Any thread; one change at a time."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._mendings: dict[str, Mending] = {}
        self._lock = threading.Lock()

    @property
    def broken(self) -> tuple[str, ...]:
        """The names of what is broken, in the order in which that was done."""
        return tuple(self._mendings)

    def begin(self, what: str) -> str:
        """Break *what*, one of `KINDS`; return what that does. Twice is as once. Raises OSError where it is kept."""
        kind = KINDS[what]
        with self._lock:
            if what not in self._mendings:
                self._mendings[what] = kind.begin(self._studio)
        return kind.broken

    def mend(self, wanted: Sequence[str] = ()) -> list[str]:
        """Mend *wanted*, or all that is broken; return what works again, each in a sentence. Raises OSError."""
        said = []
        with self._lock:
            for what in [each for each in self._mendings if not wanted or each in wanted]:
                self._mendings[what]()
                del self._mendings[what]
                said.append(KINDS[what].mended)
        return said
