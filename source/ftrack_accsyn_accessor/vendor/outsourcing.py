"""Handing out: what would go to a vendor, and from the confirmation on everything until accsyn has it.

What was confirmed lies in the spool before anything is done. Whoever comes by works it off: whatever ends a process in
between, and however often it is done again, one package goes, one note tells of it.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.ftrack import notes, outsourced
from ftrack_accsyn_accessor.ftrack.connection import quoted, quoted_batches
from ftrack_accsyn_accessor.ftrack.task_states import task_states
from ftrack_accsyn_accessor.model import errors, outsourcing, parties, retry
from ftrack_accsyn_accessor.model.outsourcing import Way
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.vendor import access, package
from ftrack_accsyn_accessor.vendor.access import Access
from ftrack_accsyn_accessor.vendor.carrying import Carrying
from ftrack_accsyn_accessor.vendor.contents import Contents
from ftrack_accsyn_accessor.vendor.handing_out import INSTEAD, RELAY, SENT, VENDOR, Confirmed, HandingOut, token_of
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.spool import HAND_OUT, WRONG, Entry, name_of
from ftrack_accsyn_accessor.worker.runtime import Runtime

logger = logging.getLogger(__name__)

#: What is not mended by trying again.
_FOR_GOOD = (errors.NotAllowed, errors.Conflict, errors.Unresolved)


class Work(NamedTuple):
    """What is to be handed out to whom: ids of tasks in ftrack, and the e-mail address of a user in accsyn.

    `components` are names, wildcards allowed, empty for those that the studio's rules name. `with_used` (None: as the
    rules say) adds what the versions use. `added` are paths of files and folders of the volume. `message` is told with
    the note.
    """

    tasks: tuple[str, ...]
    vendor: str
    components: tuple[str, ...] = ()
    with_used: Optional[bool] = None
    added: tuple[str, ...] = ()
    message: str = ""


class Task(NamedTuple):
    """A task in ftrack: `name` is what it is called from the project on, `due` its end (ISO 8601), empty for none."""

    id: str
    name: str
    project_id: str
    project: str
    due: str = ""
    assigned: bool = False


@dataclasses.dataclass(frozen=True)
class Part:
    """What goes to the vendor of one project, in one package, and what they are granted for it.

    `remarks` are what has to be known of the tasks, such as who has them already.
    """

    project_id: str
    project: str
    tasks: tuple[Task, ...]
    contents: Contents
    access: Access
    way: Way
    remarks: tuple[str, ...] = ()

    @property
    def way_text(self) -> str:
        """How it goes, in words."""
        return outsourcing.way_text(self.way, self.access.machines)

    @property
    def wanted(self) -> Iterator[str]:
        """What is wanted back, in words."""
        due = {task.id: task.due for task in self.tasks}
        return (outsourcing.wanted(each, due.get(each.task_id, "")) for each in self.contents.deliverables)

    @property
    def nothing(self) -> str:
        """Why there would be nothing in the package of what was chosen; empty where there is, or nothing was chosen."""
        if self.contents.files or not self.contents.left:
            return ""
        first, more = self.contents.left[0], len(self.contents.left) - 1
        others = f", and {more} more" if more else ""
        return f"nothing of what was chosen for {self.project} can go: {first.told.rstrip('.')}{others}"


@dataclasses.dataclass(frozen=True)
class Preview:
    """What would happen, a part for each project."""

    work: Work
    parts: tuple[Part, ...]

    @property
    def obstacle(self) -> str:
        """Why nothing is handed out: the vendor may have nothing, or nothing that was chosen can go; empty else."""
        refused = (part.access.obstacle for part in self.parts)
        return next(filter(None, (*refused, *(part.nothing for part in self.parts))), "")


@dataclasses.dataclass(frozen=True)
class HandedOut:
    """What became of a confirmed part.

    `request` is the id of what was asked for last in this machine's outbox, `leg` whether that is `RELAY` or `VENDOR`.
    `failed` tells why it was given up, `waits` why it goes on later, `name` what it is called among what waits. It is
    `over` when accsyn has the package for the vendor, or when it was given up.
    """

    key: str
    project: str
    over: bool = False
    package: str = ""
    folder: str = ""
    way: str = ""
    request: Optional[int] = None
    leg: str = ""
    failed: str = ""
    waits: str = ""
    name: str = ""


class Outsourcing:
    """For one thread, that of *means*. Methods raise what ftrack, accsyn, the volume, spool and outbox raise."""

    def __init__(self, means: Means, runtime: Runtime, clock: Callable[[], float] = time.time) -> None:
        self._means = means
        self._clock = clock
        self._carrying = Carrying(means, runtime)

    # Before anybody has confirmed it.

    def preview(self, work: Work) -> Preview:
        """Return what would go, and what would be granted. Changes nothing.

        Raise `errors.Unresolved` for what is no task, and an address that is none.
        """
        vendor = address(work.vendor)
        rules = self._means.rules
        work = work._replace(
            vendor=vendor,
            components=work.components or rules.components,
            with_used=rules.with_used if work.with_used is None else work.with_used,
        )
        projects: dict[str, list[Task]] = {}
        for task in self._tasks(work):
            projects.setdefault(task.project_id, []).append(task)
        if work.added and len(projects) > 1:
            outcome = "the tasks belong to several projects, and added files to one"
            raise errors.Unresolved("hand out", work.added[0], outcome, "Hand them out project by project.")
        return Preview(work, tuple(self._part(work, tasks) for tasks in projects.values()))

    def _part(self, work: Work, tasks: Sequence[Task]) -> Part:
        contents = package.gather(
            self._means,
            tuple(task.id for task in tasks),
            components=work.components,
            with_used=bool(work.with_used),
            added=work.added,
        )
        found = access.look(self._means, tasks[0].project, work.vendor)
        way = outsourcing.way(found.standing, found.machines)
        return Part(tasks[0].project_id, tasks[0].project, tuple(tasks), contents, found, way, self._remarks(tasks))

    def _remarks(self, tasks: Sequence[Task]) -> tuple[str, ...]:
        connection, names = self._means.connection, {task.id: task.name for task in tasks}
        known, states = outsourced.read(connection), task_states(connection, names)
        return tuple(outsourcing.remarks(names, known, states, self._means.rules))

    def _tasks(self, work: Work) -> list[Task]:
        """Return the tasks that are meant, in their order; two requests for each 500 of them."""
        connection = self._means.connection
        user_id = notes.user_id(connection, work.vendor)
        rows: dict[str, Mapping[str, Any]] = {}
        assigned: set[str] = set()
        for batch in quoted_batches(dict.fromkeys(work.tasks)):
            found, appointments = connection.rows(
                f"select id, link, end_date, project_id, project.name from Task where id in ({batch}) order by id",  # noqa: S608
                'select id, context_id from Appointment where type is "assignment" '  # noqa: S608
                f"and context_id in ({batch}) and resource_id is {quoted([user_id])} order by id",
            )
            rows.update((row["id"], row) for row in found)
            assigned.update(row["context_id"] for row in appointments)
        for task_id in work.tasks:
            if task_id not in rows:
                outcome = "ftrack has no task with this id, or does not show it to you"
                raise errors.Unresolved("hand out", task_id, outcome, "Name tasks: nothing else can be handed out.")
        return [_task(rows[each], each in assigned) for each in dict.fromkeys(work.tasks)]

    # From the confirmation on.

    def confirm(self, preview: Preview, requester: Requester, token: str) -> list[HandedOut]:
        """Hand out what *preview* shows; return what became of each part, some of which may go on later.

        From the first step on it survives whatever happens; the same *token* again does nothing that was done. Raise
        `errors.NotAllowed` where nothing may go to the vendor.
        """
        keys = self.accept(preview, requester, token)
        self._work_off(set(keys))
        return self.handed_out(keys)

    def accept(self, preview: Preview, requester: Requester, token: str) -> list[str]:
        """Write down that *preview* is confirmed, for `advance` to hand it out; return the keys of its parts.

        As `confirm`, which does not leave it to others.
        """
        if preview.obstacle:
            refused = any(part.access.obstacle for part in preview.parts)
            remedy = "Have an accsyn administrator look after the user." if refused else "Choose something else."
            raise errors.NotAllowed("hand out work", preview.work.vendor, preview.obstacle, remedy)
        author = requester.user_id or self._author(requester.username)
        keys = []
        for part in preview.parts:
            keys.append(f"{token} {part.project_id}")
            kept = _confirmed(preview.work, part, requester.username, author)
            self._means.spool.put(HAND_OUT, keys[-1], dataclasses.asdict(kept))
        return keys

    def advance(self) -> bool:
        """Go on with everything that was confirmed and is not over, as far as it can be gone on with now.

        Return whether the outbox has got something new of it, for which its worker is to be woken.
        """
        written = self._carrying.written
        self._work_off(None)
        return self._carrying.written > written

    def handed_out(self, keys: Sequence[str]) -> list[HandedOut]:
        """Return what became of confirmed parts."""
        waiting = {entry.key: entry for entry in self._means.spool.waiting(HAND_OUT)}
        return [self._state(key, waiting.get(key)) for key in keys]

    def _state(self, key: str, entry: Optional[Entry]) -> HandedOut:
        result = self._means.spool.result(HAND_OUT, key) if entry is None else None
        known: Mapping[str, Any] = entry.data if entry is not None else result or {}
        leg, request = self._request(key, str(known.get("package") or ""))
        return HandedOut(
            key,
            str(known.get("project") or ""),
            entry is None or bool(known.get(SENT)),
            str(known.get("package") or ""),
            str(known.get("folder") or ""),
            str(known.get("way") or ""),
            request,
            leg,
            str(known.get("failed") or ""),
            entry.cause if entry is not None else "",
            name_of(HAND_OUT, key),
        )

    def _request(self, key: str, package_id: str) -> tuple[str, Optional[int]]:
        """Return the leg that was asked for last, and the id of its request."""
        for leg in (INSTEAD, VENDOR, RELAY) if package_id else ():
            found = self._carrying.standing(token_of(package_id, key, leg))
            if found is not None:
                return RELAY if leg == RELAY else VENDOR, found.id
        return "", None

    def _work_off(self, keys: Optional[set[str]]) -> None:
        """Work on the entries with these keys, None for all; what is wrong with one stops no other, but for an outage.

        That would be met by each of them, after waiting for it.
        """
        for entry in self._means.spool.waiting(HAND_OUT):
            if keys is None or entry.key in keys:
                with self._means.spool.claim(entry) as claimed:
                    if claimed is not None and not self._work(claimed):
                        return

    def _work(self, entry: Entry) -> bool:
        """Work on a claimed entry; return False where a service cannot be used."""
        cause, outage, needs_help = "", False, True
        try:
            cause = HandingOut(self._means, self._carrying, entry, self._clock).work()
        except _FOR_GOOD as error:
            logger.error("%s is not handed out to %s. %s", entry.data.get("project"), entry.data.get("vendor"), error)
            entry.finish({**{name: entry.data.get(name) for name in ("project", "package")}, "failed": str(error)})
        except errors.AccsynAccessorError as error:
            announce.once(logger, logging.WARNING, str(error))
            cause, outage, needs_help = str(error), retry.is_outage(error), retry.needs_help(error)
        except Exception as error:  # noqa: BLE001 - it stops nothing else
            text = "What is handed out waits: something is wrong with the plugin. Please report this."
            announce.fault(logger, text, error)
            cause = WRONG
        entry.stop(cause, self._clock(), needs_help=needs_help)
        return not outage

    def _author(self, username: str) -> str:
        connection = self._means.connection
        names = dict.fromkeys(filter(None, (username, connection.credentials.api_user)))
        return next(filter(None, (notes.user_id(connection, name) for name in names)), "")


def address(text: str) -> str:
    """Return the vendor's address as it is kept; raise `errors.Unresolved` for what is none of a user in accsyn."""
    try:
        party = parties.parse(text.strip().lower())
    except ValueError:
        party = None
    if party is None or party.kind != parties.USER or party.host:
        outcome = "it is no e-mail address of a user in accsyn"
        raise errors.Unresolved("hand out work", text, outcome, "Name the vendor as accsyn knows the user.")
    return party.name


def _task(row: Mapping[str, Any], assigned: bool) -> Task:
    end = row["end_date"]
    due = str((end.get("value") if isinstance(end, Mapping) else end) or "")
    name = "/".join(str(each["name"]) for each in row["link"])
    return Task(row["id"], name, row["project_id"], row["project"]["name"], due, assigned)


def _confirmed(work: Work, part: Part, username: str, user_id: str) -> Confirmed:
    return Confirmed(
        project_id=part.project_id,
        project=part.project,
        vendor=work.vendor,
        tasks=tuple(task.id for task in part.tasks),
        contents=part.contents,
        message=work.message,
        username=username,
        user_id=user_id,
        way=part.way.value,
        due={task.id: task.due for task in part.tasks if task.due},
        assigned=tuple(task.id for task in part.tasks if task.assigned),
    )
