"""Items -> batches -> sync jobs: routes, names, keys and job payloads. Pure."""

from __future__ import annotations

import dataclasses
import datetime
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional

from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Publication, Reason, Studio
from ftrack_accsyn_accessor.model.request import Request

#: Tasks sent in one call: far from any limit, as 3,000 compress to 11.5 KB (accsyn fact sheet, section 1).
TASKS_PER_CALL = 1000

#: In a job's metadata: the key by which we know it for our own.
KEY = "ftrack_accsyn_key"
#: In a job's metadata, for whoever shows it on another machine: why it is, from which party to which, and in a task's
#: and a job's who asked for what (`Request.token`, `Request.words`). A publish needs none of them: its job has had
#: the same metadata ever since.
REASON, SOURCE, DESTINATION = "ftrack_accsyn_reason", "ftrack_accsyn_source", "ftrack_accsyn_destination"
REQUEST, WORDS = "ftrack_accsyn_request", "ftrack_accsyn_words"

_KEY_NAMESPACE = uuid.UUID("6f5b4c5e-5f0a-5d5e-9a55-0c8f0e0f7a11")
#: Quotes, `*` and backslashes cannot be escaped in accsyn's query language (accsyn fact sheet, section 4). The last
#: range is what Python makes of names that are no UTF-8.
_FORBIDDEN_IN_NAMES = re.compile(r"[\"'*\\\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


@dataclasses.dataclass(frozen=True)
class Route:
    """What one sync job is for: one project, direction, source, destination and day, in one studio.

    The project is empty for what hangs on none. A publish comes from the client *client_id*; what was asked for
    otherwise from the party *party*, and goes through the queue *queue* (empty: the project's), of which a job has one.
    A delivery is for one request alone, that with the token *request*.
    """

    project_id: str
    project_name: str
    location_id: str
    location_name: str
    client_id: str
    volume: str
    destination: Endpoint
    day: datetime.date
    studio: Studio
    reason: Reason = Reason.PUBLISH
    party: str = ""
    queue: str = ""
    request: str = ""

    @property
    def name(self) -> str:
        """The job's name; unique only together with its key."""
        party = self.destination.party
        end = self.destination.location_name or parties.recipient(party) or party
        start = self.location_name or self.source_party
        direction = "upload" if self.reason is Reason.PUBLISH else self.reason.value
        text = f"{self.project_name} ftrack {direction} {start} > {end} {self.day.isoformat()}"
        return re.sub(r"\s+", " ", _FORBIDDEN_IN_NAMES.sub(" ", text)).strip()

    @property
    def source_party(self) -> str:
        """The source in accsyn's words."""
        return self.party or f"client={self.client_id}"

    @property
    def id(self) -> str:
        """What tells the route from every other one in an outbox, whose workspaces do not know each other's keys."""
        return f"{self.studio.workspace}/{self.key(0)}"

    def key(self, generation: int) -> str:
        """Return the key that marks our job for this route in its workspace.

        The same route gives the same key again, so a job is recognised even after the outbox was lost. *generation*
        counts the jobs of the route that were archived or deleted in accsyn, whose keys are used up.
        """
        project = self.project_id or self.project_name
        source = [self.location_id, project, self.client_id, self.volume]
        if self.reason is not Reason.PUBLISH:  # whatever ftrack locations stand for the parties: they are the ends
            source = [self.reason.value, project, self.party, self.volume, self.queue]
        if self.request:
            source.append(self.request)
        target = [self.destination.party, self.day.isoformat(), str(generation)]
        text = "\n".join([*source, *target]).encode("utf-8", "backslashreplace").decode()
        return str(uuid.uuid5(_KEY_NAMESPACE, text))


@dataclasses.dataclass(frozen=True)
class Batch:
    """Items that go into the job of one route, in the order in which they were published."""

    route: Route
    items: tuple[Item, ...]


def batches(
    items: Iterable[Item],
    client_id: str,
    destination: Endpoint,
    day: datetime.date,
    workspace: str = "",
    queue: str = "",
) -> list[Batch]:
    """Return *items*, all for one reason, grouped into one batch for each project, source location and volume.

    What is no publish comes from the party that is its source, the same for all, and goes through *queue*.
    """
    groups: dict[tuple[str, ...], list[Item]] = {}
    for item in items:
        publication = item.publication
        project = publication.project_id or publication.project_name
        key = (publication.location_id, project, publication.server_url, publication.volume)
        groups.setdefault(key, []).append(item)
    return [
        Batch(_route(group[0], client_id, destination, day, Studio("", workspace), queue), tuple(group))
        for group in groups.values()
    ]


def _route(item: Item, client_id: str, destination: Endpoint, day: datetime.date, studio: Studio, queue: str) -> Route:
    publication = item.publication
    asked = item.reason is not Reason.PUBLISH
    return Route(
        project_id=publication.project_id,
        project_name=publication.project_name,
        location_id=publication.location_id,
        location_name=publication.location_name,
        client_id="" if asked else client_id,
        volume=publication.volume,
        destination=destination,
        day=day,
        studio=Studio(publication.server_url, studio.workspace or publication.workspace),
        reason=item.reason,
        party=item.source.party if asked else "",
        queue=queue if asked else "",
    )


def job_payload(
    route: Route,
    name: str,
    key: str,
    publication: Publication,
    queue: Optional[str],
    request: Optional[Request] = None,
) -> dict[str, Any]:
    """Return the data that creates the job of *route*, its tasks left out (accsyn fact sheet, section 6).

    *name* is what it was called first, and is looked for by: project and locations may be called otherwise by now.
    *publication* is any of the batch: it tells who published. *request* is the first whose items the job carries; None
    for publishes.
    """
    payload: dict[str, Any] = {
        "code": name,
        "mirror_paths": True,
        "settings": {"integration": "ftrack"},
        "metadata": {
            KEY: key,
            "ftrack_workspace": route.studio.server_url,
            "ftrack_user": publication.username,
            "ftrack_project_id": route.project_id,
            "ftrack_project_name": route.project_name,
            "ftrack_source_location_id": route.location_id,
            "ftrack_source_location_name": route.location_name,
            "ftrack_destination_location_id": route.destination.location_id,
            "ftrack_destination_location_name": route.destination.location_name,
        },
    }
    if request is not None:
        ends = {REASON: route.reason.value, SOURCE: route.source_party, DESTINATION: route.destination.party}
        asked = {REQUEST: request.token, WORDS: request.words, "ftrack_user": request.username}
        payload["metadata"].update({**ends, **asked})
    if queue:
        payload["queue"] = queue
    return payload


def chunks(batch: Batch, sizes: Mapping[int, int], limit: int = TASKS_PER_CALL) -> Iterator[tuple[Item, ...]]:
    """Yield the items of *batch* in runs of at most *limit* tasks; *sizes* maps an item's id to its number of tasks.

    An item is never split: one that has more tasks than *limit* goes alone.
    """
    chunk: list[Item] = []
    total = 0
    for item in batch.items:
        if chunk and total + sizes[item.id] > limit:
            yield tuple(chunk)
            chunk, total = [], 0
        chunk.append(item)
        total += sizes[item.id]
    if chunk:
        yield tuple(chunk)
