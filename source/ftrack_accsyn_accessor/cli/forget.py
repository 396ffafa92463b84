"""`ftrack-accsyn forget`: takes what needs attention out of the list for good."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ftrack_accsyn_accessor import environment, machine
from ftrack_accsyn_accessor.cli import answer, here, terminal
from ftrack_accsyn_accessor.insight.naming import named
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.model.errors import NotStuck
from ftrack_accsyn_accessor.model.item import Reason, State, Studio
from ftrack_accsyn_accessor.outbox import Outbox

_STAYS = (
    "Staged files stay, and so does what ftrack has. Publish, or ask for it again, and it is sent; "
    "`ftrack-accsyn clean --withdrawn` frees what is staged once ftrack does not have its version any more."
)


@click.command()
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@terminal.json_option
def forget(items: Sequence[str], as_json: bool) -> None:
    """Take what needs attention out of the list for good.

    ITEM is words of one ("sh010 comp v001 main"), its id as `status --json` has it ("item=12"), a component's id, a
    staged path, or the number of a request, which stands for all in it that needs attention.

    Staged files stay, and so does what ftrack has; what accsyn may still have of it is never sent, whoever retries the
    job there. `log` tells of it, `reconcile --forgotten` queues it again, and published anew it is a new item. One of a
    request is withdrawn, and its requester told. Nothing is forgotten where one of ITEM does not need attention.
    """
    found = here.find()
    outbox = here.outbox(found)
    stuck = list({row.item_id: row for text in items for row in _stuck(outbox, text, found.studio)}.values())
    outbox.past.forget([row.item_id for row in stuck], f"{environment.ftrack_user()}@{machine.hostname()}")
    if as_json:
        answer.print_json({"forgotten": [_told(row) for row in stuck]})
        return
    terminal.say("\n".join([*(f"{row.title} is forgotten." for row in stuck), _STAYS]))


def _stuck(outbox: Outbox, text: str, studio: Studio) -> list[Row]:
    """Return those of the items that *text* means which need attention; raise NotStuck where none does."""
    meant = named(outbox, text, studio)
    stuck = [row for row in meant if row.state is State.NEEDS_ATTENTION]
    if not stuck:
        remedy = "Only what needs attention can be forgotten; nothing was."
        raise NotStuck("forget", meant[0].title, f"it is {meant[0].state.value}", remedy)
    return stuck


def _told(row: Row) -> dict[str, object]:
    path = row.resource_identifier if row.reason is Reason.PUBLISH else row.path
    return {"item_id": row.item_id, "title": row.title, "component_id": row.component_id, "path": path}
