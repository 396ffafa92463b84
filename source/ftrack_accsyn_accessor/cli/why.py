"""`ftrack-accsyn why`: what holds something up, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Optional

import click

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import answer, exit_codes, terminal
from ftrack_accsyn_accessor.insight import inquiry
from ftrack_accsyn_accessor.insight.probe.remembered import last
from ftrack_accsyn_accessor.insight.remarks import components
from ftrack_accsyn_accessor.insight.situation import Cause, Situation
from ftrack_accsyn_accessor.insight.why import explain
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.outbox import attention


@click.command()
@click.argument("item", required=False, metavar="[ITEM]")
@terminal.json_option
@click.pass_context
def why(context: click.Context, item: Optional[str], as_json: bool) -> None:
    """Say why something has not arrived, and what to do.

    ITEM is the id of a component in ftrack, a staged file (absolute, or relative to the staging area), words of a row
    ("sh010 comp v001 main"), or the number of a request. All is told that is in its way, and nothing of other items.
    Without any, what holds up the most is told first, then the rest, one line a cause. accsyn is asked for its client,
    queues and jobs. What the last `doctor --probe` saw of it is told in a line at the end.
    """
    current = environment.read_settings()
    known = inquiry.gather(current, environment.ftrack_user(), item or "")
    if known.summary is not None:
        attention.give(Path(known.summary.outbox_path))
    seen = last(current)
    causes = explain(known)
    if as_json:
        first = causes[0]
        told = {"sentence": first.sentence, "remedy": first.remedy, "causes": causes, "situation": known, "probe": seen}
        answer.print_json({**told, "exit_code": _exit_code(known)})
    else:
        terminal.say("\n".join([*_lines(causes, known.one), *filter(None, [seen])]))
    context.exit(_exit_code(known))


def _lines(causes: Sequence[Cause], of_one: bool) -> Iterator[str]:
    """Yield what is printed: what to do has a line of its own where only one thing is to be said, or first."""
    if of_one or len(causes) == 1:
        yield f"{_how_many(causes[0])}{causes[0].sentence}" if causes[0].items > 1 else causes[0].sentence
        yield causes[0].remedy
        yield from (f"Besides: {each.sentence} {each.remedy}".rstrip() for each in causes[1:])
        return
    yield from (f"{_how_many(each)}{each.sentence} {each.remedy}".rstrip() for each in causes)


def _how_many(cause: Cause) -> str:
    if not cause.items or cause.sentence.startswith(components(cause.items)):
        return ""
    size = f", {size_text(cause.size_bytes)}" if cause.size_bytes else ""
    return f"{components(cause.items)}{size}: "


def _exit_code(known: Situation) -> int:
    if known.summary is None:
        unsent = known.absence is not None and known.absence.unsent
        return exit_codes.UNSENT if unsent else exit_codes.NOT_SET_UP
    row = known.row
    if row is None:
        if known.past is not None:
            return exit_codes.OK
        if known.asked:
            return exit_codes.UNSENT if known.unqueued is not None else exit_codes.FAILED
        return exit_codes.of(known.summary)
    return {
        State.SYNCED: exit_codes.OK,
        State.WITHDRAWN: exit_codes.OK,
        State.NEEDS_ATTENTION: exit_codes.ATTENTION,
        State.SUBMITTED: exit_codes.MOVING,
        State.TRANSFERRING: exit_codes.MOVING,
    }.get(row.state, exit_codes.UNSENT)
