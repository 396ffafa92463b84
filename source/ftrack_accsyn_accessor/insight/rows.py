"""The items of an outbox as they are shown: one row each. Pure reading; nothing of ftrack or accsyn is asked.

Any thread may call these functions; each may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`. Sizes are in
bytes, times in seconds since the epoch, durations in seconds. *studio* is whose process asks: what belongs to another
one is shown as waiting for that.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Optional

from ftrack_accsyn_accessor.insight import remarks
from ftrack_accsyn_accessor.insight.remarks import ANYBODY, Topic
from ftrack_accsyn_accessor.model import progress, titles
from ftrack_accsyn_accessor.model.credentials import plain_server
from ftrack_accsyn_accessor.model.item import (
    NOT_BY_ITSELF,
    RUNNING,
    Kind,
    Progress,
    Reason,
    State,
    Studio,
    Trouble,
)
from ftrack_accsyn_accessor.outbox import Outbox, locations, records
from ftrack_accsyn_accessor.outbox.facts import Area, kept
from ftrack_accsyn_accessor.outbox.file import is_state_folder
from ftrack_accsyn_accessor.outbox.survey import Found, is_of
from ftrack_accsyn_accessor.staging.naming import below, naming_of

#: Not in accsyn yet: a host that quits now leaves them to the next one.
UNSENT = (State.PREPARED, State.PENDING)
MOVING = (State.SUBMITTED, State.TRANSFERRING)
_UNDER_WAY = frozenset((*UNSENT, *MOVING))
#: What to do about items that nobody wants any more.
FREE_WITHDRAWN = "`ftrack-accsyn clean --withdrawn` frees its staged files."
#: What is to be known of an item while no process is there.
NOT_SENT = "Nobody is there to send it."
NOT_NOTICED = "Nobody is there to register it in ftrack when it arrives."
ASK_AGAIN = "Ask for it again if it is still wanted."
#: Of what somebody has told to be tried again: its cause is not the present one.
AGAIN = "It is to be tried again at once; it had stopped for this:"
BY_WHOM = "A running application with the plugin does it within seconds; without one: ftrack-accsyn drain."
STILL_OLDER = "accsyn is still sending its older content; it is sent again after that."

_TROUBLES = {trouble.value: trouble for trouble in Trouble}
#: Columns that a row has as what people can read, and those that it has as they are.
_TEXTS = ("component_name", "path", "version_name", "project_name", "username", "context", "resource_identifier")
_AS_THEY_ARE = (
    *("size_bytes", "done_bytes", "speed_bytes_per_s", "attempts", "job_id", "job_status", "created_at", "updated_at"),
    *("synced_at", "workspace", "destination_id", "priority"),
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One item as it is shown.

    `files_done` of `files` are through; for one that moves that is an estimate by bytes. `cause` says why it waits,
    `remedy` what to do. `percent` is of its bytes. `next_try_at` is None where nothing is tried again by itself.

    `server_url` and `workspace` are those of its studio. `left_over` tells what of an earlier content stays at the
    destination. `waits_for_older` tells that accsyn is still sending an earlier content. `request` is the id of what it
    was asked for in, None for a publish. `source` and `destination` (in ftrack `destination_id`) are what people call
    its ends, empty where they are not known yet. `path` is where it lies in its volume. `priority` is that of its tasks
    in accsyn, None for accsyn's own. `context` holds the names between project and asset ("sq010/sh010"), empty where
    it hangs on the project itself, or they are not known.
    `unattended` tells that it waits for a process, and none is there.
    """

    item_id: int
    component_id: str
    component: str
    version_id: str
    version: str
    project_id: str
    project: str
    kind: Kind
    resource_identifier: str
    user: str
    files: int
    files_done: int
    size_bytes: int
    done_bytes: int
    percent: int
    speed_bytes_per_s: Optional[float]
    time_left_s: Optional[float]
    state: State
    cause_kind: str
    cause: str
    remedy: str
    attempts: int
    job: str
    job_id: str
    job_status: str
    created_at: float
    updated_at: float
    synced_at: Optional[float]
    next_try_at: Optional[float]
    server_url: str
    workspace: str
    left_over: str
    waits_for_older: bool
    reason: Reason = Reason.PUBLISH
    request: Optional[int] = None
    source: str = ""
    destination: str = ""
    destination_id: str = ""
    path: str = ""
    priority: Optional[int] = None
    context: str = ""
    unattended: bool = False

    @property
    def title(self) -> str:
        """What one types to mean it: "show_a sq010/sh010 comp v001 main", on one line; unique wherever names differ."""
        component = self.component if self.component_id else ""
        to = "" if self.reason is Reason.PUBLISH else self.destination
        return titles.title(self.project, self.context, self.version, component, self.path, to)

    @property
    def by_id(self) -> str:
        """What one types to mean this very item, whatever else is called the same: "item=12"."""
        return f"item={self.item_id}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what is to be known of it besides a cause, a sentence each."""
        nobody = (NOT_NOTICED if self.state in MOVING else NOT_SENT) if self.unattended else ""
        return tuple(filter(None, (nobody, STILL_OLDER if self.waits_for_older else "", self.left_over)))


def rows(
    outbox: Outbox,
    states: Collection[State] = (),
    search: str = "",
    limit: int = 100,
    offset: int = 0,
    studio: Studio = ANYBODY,
    request: Optional[int] = None,
) -> list[Row]:
    """Return a page of the items in *states* (none named: all), those that need attention first, then the newest.

    Every word of *search* has to occur in a row's component, version, project, path, user or cause, in any case. With
    *request* they are those of a request, or what is `survey.PUBLISHED`.
    """
    return [*each(outbox, states, search, limit, offset, studio, request)]


def each(
    outbox: Outbox,
    states: Collection[State] = (),
    search: str = "",
    limit: int = -1,
    offset: int = 0,
    studio: Studio = ANYBODY,
    request: Optional[int] = None,
) -> Iterator[Row]:
    """Yield the rows that `rows` returns; few of however many are in memory at a time."""
    return (row(found, studio) for found in outbox.survey.page(states, search, limit, offset, request))


def count(outbox: Outbox, states: Collection[State] = (), search: str = "", request: Optional[int] = None) -> int:
    """Return how many rows `rows` would give without a limit."""
    return outbox.survey.count(states, search, request)


def latest(outbox: Outbox, limit: int = 20, studio: Studio = ANYBODY) -> list[Row]:
    """Return the items that changed last, the latest first."""
    return [row(found, studio) for found in outbox.survey.latest(limit)]


def of_path(outbox: Outbox, path: str) -> Optional[Found]:
    """Return the newest item with the staged file *path*, relative to the staging area, in any spelling of its disk."""
    if not path:
        return None
    return outbox.survey.of_path(path) or outbox.survey.of_spelling(path, naming_of(area_of(outbox).staging_path))


def of_component(outbox: Outbox, component_id: str) -> list[Row]:
    """Return the items of a component, the newest first."""
    return [row(found) for found in outbox.survey.of_component(component_id)]


def of_version(outbox: Outbox, version_id: str) -> list[Row]:
    """Return the items of an asset version, the newest first."""
    return [row(found) for found in outbox.survey.of_version(version_id)]


def row(found: Found, studio: Studio = ANYBODY) -> Row:
    """Return *found* as it is shown; made of its columns, as there may be many of them."""
    values = found.values
    text = {name: records.shown(values[name]) for name in _TEXTS}
    state, reason = State(values["state"]), Reason(values["reason"])
    kind, cause, remedy = _cause(found, state, studio)
    waits = state in (State.PENDING, State.NEEDS_ATTENTION) and (values["next_try_at"] or 0) < NOT_BY_ITSELF
    waits = waits and kind != Topic.OTHER_STUDIO.value
    return Row(
        item_id=values["id"],
        component_id=values["component_id"],
        component=text["component_name" if values["component_id"] else "path"],
        version_id=values["version_id"],
        version=text["version_name"],
        project_id=values["project_id"],
        project=text["project_name"],
        kind=Kind(values["kind"]),
        resource_identifier=records.stored(values["resource_identifier"]),
        user=text["username"],
        files=values["file_count"],
        files_done=_files_done(values, state),
        percent=_percent(values, state),
        time_left_s=values["left_s"],
        state=state,
        cause_kind=kind,
        cause=cause,
        remedy=remedy,
        job=values["job_name"],
        next_try_at=values["next_try_at"] if waits else None,
        server_url=_server(values["server_url"]),
        left_over=f"{progress.stays(values['left_over'])}." if values["left_over"] else "",
        waits_for_older=state in MOVING and RUNNING in records.read_sent(values["sent"]).stale.values(),
        reason=reason,
        request=values["request"] if reason is not Reason.PUBLISH else None,
        source=records.stored(values["location_name"]) or values["source_party"],
        destination=values["destination_name"] or values["party"],
        path=text["path"],
        context=text["context"] or titles.context_in(text["resource_identifier"], text["version_name"]),
        **{name: values[name] for name in _AS_THEY_ARE},
    )


@functools.lru_cache(maxsize=64)
def _server(url: str) -> str:
    """Return what may be shown of an address; there are few, of however many rows."""
    return plain_server(url)


def _percent(values: Mapping[str, Any], state: State) -> int:
    if state is State.WITHDRAWN:
        return 0
    return 100 if state is State.SYNCED else Progress(values["done_bytes"], values["size_bytes"]).percent


def _files_done(values: Mapping[str, Any], state: State) -> int:
    files, size_bytes = int(values["file_count"]), values["size_bytes"]
    if state is State.WITHDRAWN:
        return 0
    if state is State.SYNCED or values["arrived_at"] is not None:
        return files
    return int(files * values["done_bytes"] // size_bytes) if size_bytes else 0


def _cause(found: Found, state: State, studio: Studio) -> tuple[str, str, str]:
    """Return the kind of the cause, the cause, and what to do."""
    if state not in _UNDER_WAY:
        return (found.values["cause_kind"], *told(found))
    own = Studio(_server(found.values["server_url"]), found.values["workspace"])
    others = not is_of(own, studio)
    if others and state in UNSENT:
        cause = f"It waits for {remarks.named(own)}."
        return Topic.OTHER_STUDIO.value, cause, "It is sent when somebody logs in there."
    if others:
        cause = f"It is on the way in {remarks.named(own)}."
        return Topic.OTHER_STUDIO.value, cause, "What becomes of it is noticed when somebody logs in there."
    return (found.values["cause_kind"], *told(found))


def told(found: Found) -> tuple[str, str]:
    """Return the cause of *found* and what to do, apart."""
    if found.values["state"] == State.SYNCED.value and not found.values["cause"]:
        return "", ""
    cause, remedy = records.split_cause(found.values["cause"])
    reason, trouble = Reason(found.values["reason"]), _TROUBLES.get(found.values["cause_kind"])
    if found.values["state"] == State.NEEDS_ATTENTION.value and found.values["next_try_at"] is None and cause:
        return f"{AGAIN} {progress.without_remedy(cause, trouble) if trouble is not None else cause}", BY_WHOM
    if remedy or (trouble is None and found.values["state"] != State.WITHDRAWN.value):
        return cause, _asked_again(remedy) if reason is not Reason.PUBLISH else remedy
    if trouble is None:
        remedy = FREE_WITHDRAWN if reason is Reason.PUBLISH else ASK_AGAIN
        return _without(cause, remedy), remedy
    return progress.without_remedy(cause, trouble), progress.remedy(trouble, reason, cause)


def _without(cause: str, remedy: str) -> str:
    return cause[: -len(remedy)].rstrip() if cause.endswith(remedy) else cause


def _asked_again(remedy: str) -> str:
    """Return *remedy* for what was asked for: what tells to publish anew would be wrong."""
    return ASK_AGAIN if remedy.startswith("Publish ") else remedy


def common_cause(row: Row) -> str:
    """Return the cause of *row* without its own files and job: many that have the same cause have the same text."""
    text = row.cause
    for name in sorted({row.path, row.resource_identifier, row.job} - {""}, key=len, reverse=True):
        text = re.sub(_any_file_of(name), "*", text)
    return text


def _any_file_of(path: str) -> str:
    """Return a pattern of *path*, of each frame that it stands for, and of what lies in it."""
    return re.sub(r"%(0\d+)?d", r"\\d+", re.escape(path)) + r"(/[^()\s:]+)?"


def relative_path(outbox: Outbox, text: str) -> str:
    """Return the path *text* relative to the staging area, with forward slashes; empty when it lies elsewhere.

    *text* is absolute, or relative to the staging area, or else to the working directory; with the system's separators
    or forward slashes.
    """
    root = area_of(outbox).staging_path
    if os.path.isabs(text):
        return below(text, root) if root else ""
    path = posixpath.normpath(text.replace("\\", "/")) if text else ""
    if root and os.path.lexists(text) and not os.path.lexists(os.path.join(root, path)):
        return below(text, root) or path
    return "" if path.split("/")[0] == ".." else path


def is_others(row: Row) -> bool:
    """Whether nothing here can do anything for the item, as it is another studio's."""
    return row.cause_kind == Topic.OTHER_STUDIO.value


def area_of(outbox: Outbox) -> Area:
    """Return where the outbox belongs; a new one that took a damaged one's place may not have been told yet."""
    area = kept(outbox, Area)
    if area.staging_path or not is_state_folder(outbox.path.parent.name):
        return area
    root = str(outbox.path.parent.parent)
    known = locations.located(root)
    return Area(known[-1].name if known else "", root)
