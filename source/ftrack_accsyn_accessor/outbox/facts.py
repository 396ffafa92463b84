"""What only the worker learns, kept in the outbox for whoever shows or explains it. Never a secret."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Callable, ClassVar, Optional, TypeVar

from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.outbox import Outbox

#: Name of a fact: "1" when the outbox has been there since the staging area was made: nothing was submitted without it.
COMPLETE = "complete"
#: How often it is written down that nothing is wrong.
CONTACT_S = 30.0


@dataclasses.dataclass(frozen=True)
class Area:
    """The staging area that the outbox serves: its folder, and the identity in its marker.

    `location_name` is the ftrack location that it was for the latest session; other users have locations of their own.
    """

    NAME: ClassVar[str] = "place"

    location_name: str = ""
    staging_path: str = ""
    staging_uuid: str = ""


@dataclasses.dataclass(frozen=True)
class Link:
    """Who sends from where to where: accsyn's words.

    `client` is the host name of this machine's accsyn client, `client_status` what accsyn said of it at `seen_at`
    (seconds since the epoch). `party` is the destination; `destination` the ftrack location that stands for it, if any.
    """

    NAME: ClassVar[str] = "endpoint"

    workspace: str = ""
    api_user: str = ""
    client_id: str = ""
    client: str = ""
    client_status: str = ""
    seen_at: Optional[float] = None
    party: str = ""
    destination: str = ""


@dataclasses.dataclass(frozen=True)
class Contact:
    """When the worker last got a useful answer from accsyn, and what is in its way since then, if anything.

    Times are seconds since the epoch. `next_try_at` is when it tries again by itself.
    """

    NAME: ClassVar[str] = "contact"

    at: Optional[float] = None
    kind: str = ""
    what: str = ""
    remedy: str = ""
    since: Optional[float] = None
    next_try_at: Optional[float] = None


@dataclasses.dataclass(frozen=True)
class Earlier:
    """What became of each outbox of an earlier release that was met: path to one of the words of `takeover`."""

    NAME: ClassVar[str] = "earlier"

    files: Mapping[str, str] = dataclasses.field(default_factory=dict)


Fact = TypeVar("Fact", Area, Link, Contact, Earlier)


def keep(outbox: Outbox, fact: Fact) -> None:
    """Keep *fact*; nothing is written when it is known already."""
    text = json.dumps(dataclasses.asdict(fact), sort_keys=True)
    if outbox.fact(fact.NAME) != text:
        outbox.keep_fact(fact.NAME, text)


def kept(outbox: Outbox, kind: type[Fact]) -> Fact:
    """Return what was kept of *kind*, with empty values for what is not known."""
    text = outbox.fact(kind.NAME)
    known = json.loads(text) if text else {}
    names = {field.name for field in dataclasses.fields(kind)}
    return kind(**{name: value for name, value in known.items() if name in names})


class ContactLog:
    """Keeps `Contact` up to date, seldom while nothing is wrong. For the worker's thread.

    *clock* gives seconds since the epoch. Every method may raise `errors.OutboxError`.
    """

    def __init__(self, outbox: Outbox, clock: Callable[[], float]) -> None:
        self._outbox = outbox
        self._clock = clock
        self._known = Contact()

    def reached(self) -> None:
        """Accsyn has answered usefully."""
        now = self._clock()
        if self._known.what or self._known.at is None or not 0 <= now - self._known.at < CONTACT_S:
            self._keep(Contact(at=now))

    def failed(self, error: AccsynAccessorError, delay_s: float) -> None:
        """Something is in the way; it is tried again in *delay_s* seconds."""
        now = self._clock()
        known = self._known if self._known.at is not None else kept(self._outbox, Contact)
        since = known.since if known.kind == error.kind and known.since is not None else now
        self._keep(Contact(known.at, error.kind, error.what, error.remedy, since, now + delay_s))

    def _keep(self, contact: Contact) -> None:
        keep(self._outbox, contact)
        self._known = contact
