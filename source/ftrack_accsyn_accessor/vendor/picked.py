"""What somebody has selected in ftrack -> the tasks that are meant by it: themselves, and all in what holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.send.order import Picked
from ftrack_accsyn_accessor.send.picking import Picks, Sort

#: Tasks that are handed out in one go; whoever selects more has taken a sequence for a shot.
MOST = 200
_TASK = "select id, link, project_id from Task where {} order by id"
_LISTED = "select id, entity_id, list.system_type from ListObject where list_id in ({}) order by id"


class Meant(NamedTuple):
    """A task: `name` is what it is called from the project on."""

    id: str
    name: str
    project_id: str


def tasks_of(connection: FtrackConnection, picked: Iterable[Picked]) -> list[Meant]:
    """Return the tasks that *picked* means: tasks, those below contexts, and those of lists, by their names.

    Three requests for each 500 that were picked. Raise `errors.Unresolved` for whole projects, for versions and the
    like, for none and for more than `MOST` tasks; `errors.RegistrationError`.
    """
    picks = Picks(picked)
    if any(picks.of(sort) for sort in Sort if sort not in (Sort.CONTEXT, Sort.LIST)):
        raise _unresolved("only tasks, and shots or lists with tasks, can be")
    contexts = [*picks.of(Sort.CONTEXT), *_listed(connection, picks)]
    queries = []
    for batch in quoted_batches(dict.fromkeys(contexts)):
        queries += [_TASK.format(f"id in ({batch})"), _TASK.format(f"ancestors.id in ({batch})")]
    rows = {row["id"]: row for found in (connection.rows(*queries) if queries else ()) for row in found}
    if not rows:
        raise _unresolved("there are no tasks in what is selected")
    if len(rows) > MOST:
        raise _unresolved(f"there are {len(rows):,} tasks in what is selected, and {MOST} are the most in one go")
    return sorted(map(_meant, rows.values()), key=lambda each: each.name)


def _listed(connection: FtrackConnection, picks: Picks) -> list[str]:
    """Return the ids of the contexts in lists; a list of versions has none."""
    queries = [_LISTED.format(batch) for batch in quoted_batches(picks.of(Sort.LIST))]
    rows = [row for found in (connection.rows(*queries) if queries else ()) for row in found]
    return [row["entity_id"] for row in rows if row["list"]["system_type"] != "assetversion"]


def _meant(row: Mapping[str, Any]) -> Meant:
    return Meant(row["id"], "/".join(str(each["name"] or "") for each in row["link"]), row["project_id"])


def _unresolved(outcome: str) -> errors.Unresolved:
    return errors.Unresolved("hand out work", "", outcome, "Select tasks, shots, or lists of them.")
