"""`ftrack-accsyn first`: lets what somebody is waiting for go before the rest."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ftrack_accsyn_accessor.cli import answer, exit_codes, here, terminal
from ftrack_accsyn_accessor.insight.naming import named
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.model.item import HIGHEST_PRIORITY, State

_SAID = {
    State.PREPARED: "goes first as soon as ftrack has registered it",
    State.PENDING: "goes first when it is submitted",
    State.SUBMITTED: "goes first in its sync job, of which a running application with the plugin tells accsyn within "
    "seconds; without one: ftrack-accsyn drain",
    State.NEEDS_ATTENTION: "needs attention, and goes first when it is tried again",
    State.TRANSFERRING: "is under way already",
    State.SYNCED: "has arrived already",
    State.WITHDRAWN: "is withdrawn: nobody wants it any more",
}
#: Of what its recipient fetches accsyn knows no order.
_NO_TURN = "waits for its recipient, and has no turn"


@click.command()
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@terminal.json_option
@click.pass_context
def first(context: click.Context, items: Sequence[str], as_json: bool) -> None:
    """Send something before everything else of its sync job.

    ITEM is words of one ("sh010 comp v001 main"), its id as `status --json` has it ("item=12"), a component's id, a
    staged path, or the number of a request. What waits on this machine goes next; what waits in accsyn gets the highest
    priority among the tasks of its job, of the same project, day, source and destination. What is being transferred is
    not interrupted; other jobs keep the turn that their queue in accsyn gives them.

    FTRACK_ACCSYN_PRIORITY (0 to 1000; accsyn's own is 500) gives all that a process publishes a priority. The exit code
    is 1 where nothing of ITEM is, or will be, on its way.
    """
    found = here.find()
    outbox = here.outbox(found)
    rows = list({row.item_id: row for text in items for row in named(outbox, text, found.studio)}.values())
    changed = set(outbox.control.first([row.item_id for row in rows], HIGHEST_PRIORITY))
    if as_json:
        told = [_told(row, row.item_id in changed) for row in rows]
        answer.print_json({"first": len(changed), "items": told})
    else:
        terminal.say("\n".join(f"{row.title} {_said(row, row.item_id in changed)}." for row in rows))
    hopeless = all(row.state is State.WITHDRAWN for row in rows)
    context.exit(exit_codes.FAILED if hopeless else exit_codes.OK)


def _said(row: Row, changed: bool) -> str:
    settled = (State.TRANSFERRING, State.SYNCED, State.WITHDRAWN)
    return _SAID[row.state] if changed or row.state in settled else _NO_TURN


def _told(row: Row, changed: bool) -> dict[str, object]:
    told = {"item_id": row.item_id, "title": row.title, "component_id": row.component_id, "state": row.state}
    return {**told, "first": changed, "said": _said(row, changed)}
