"""`ftrack-accsyn why`: one sentence on what holds something up, and what to do."""

from __future__ import annotations

from typing import Optional

import click

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import exit_codes, shown
from ftrack_accsyn_accessor.insight import inquiry
from ftrack_accsyn_accessor.insight.why import Situation, explain
from ftrack_accsyn_accessor.model.item import State


@click.command()
@click.argument("component", required=False, metavar="[COMPONENT|PATH|REQUEST]")
@shown.json_option
@click.pass_context
def why(context: click.Context, component: Optional[str], as_json: bool) -> None:
    """Say in one sentence why something has not arrived, and what to do.

    COMPONENT is the id of a component in ftrack, PATH a staged file, absolute or relative to the staging area, REQUEST
    a number in `requests`. Without any, what is told is what holds everything up. accsyn is asked for its client, queue
    and job; the answer is the first thing that is in the way.
    """
    known = inquiry.gather(environment.read_settings(), environment.ftrack_user(), component or "")
    answer = explain(known)
    if as_json:
        shown.print_json({"sentence": answer.sentence, "remedy": answer.remedy, "situation": known})
    else:
        click.echo(f"{answer.sentence}\n{answer.remedy}")
    context.exit(_exit_code(known))


def _exit_code(known: Situation) -> int:
    if known.summary is None:
        unsent = known.absence is not None and known.absence.unsent
        return exit_codes.UNSENT if unsent else exit_codes.NOT_SET_UP
    if known.row is None:
        if known.asked:
            return exit_codes.UNSENT if known.unqueued is not None else exit_codes.FAILED
        return exit_codes.of(known.summary)
    return {
        State.SYNCED: exit_codes.OK,
        State.WITHDRAWN: exit_codes.OK,
        State.NEEDS_ATTENTION: exit_codes.ATTENTION,
        State.SUBMITTED: exit_codes.MOVING,
        State.TRANSFERRING: exit_codes.MOVING,
    }.get(known.row.state, exit_codes.UNSENT)
