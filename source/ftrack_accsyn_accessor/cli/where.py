"""`ftrack-accsyn where`: where components are, where they are going to, and what keeps them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Optional

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import answer, exit_codes, here, shown, terminal
from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.progress import duration_text, size_text
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.model.whereabouts import Move, Presence, Whereabouts
from ftrack_accsyn_accessor.send import selection
from ftrack_accsyn_accessor.send.where import Answer
from ftrack_accsyn_accessor.send.where import where as look
from ftrack_accsyn_accessor.worker import endpoint
from ftrack_accsyn_accessor.workspace import Workspace

_STYLES = {
    Presence.THERE: "green",
    Presence.MOVING: "cyan",
    Presence.WAITING: "yellow",
    Presence.STUCK: "bold red",
    Presence.NOWHERE: "red",
}
_CODES = {
    Presence.THERE: exit_codes.OK,
    Presence.MOVING: exit_codes.MOVING,
    Presence.WAITING: exit_codes.UNSENT,
    Presence.STUCK: exit_codes.ATTENTION,
    Presence.NOWHERE: exit_codes.ATTENTION,
}
#: What is worse comes later.
_WORSE = (exit_codes.OK, exit_codes.MOVING, exit_codes.UNSENT, exit_codes.ATTENTION)


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="VERSION|SHOT|COMPONENT...")
@click.option("--all", "all_versions", is_flag=True, help="All versions, not the latest of each asset only.")
@terminal.json_option
@click.pass_context
def where(context: click.Context, words: Sequence[str], all_versions: bool, as_json: bool) -> None:
    """Tell where components are, where they are going to, and what keeps them, on every machine of the studio.

    Each of the arguments is an id in ftrack, or words such as "show_a/sq010/sh010", "sh010 comp v003". Asks ftrack and
    accsyn; of its own machine it adds what that waits for. Nothing is called there that ftrack does not have
    registered there. The exit code is 0 when all of it is in a location of the studio's and nothing moves, 5 when some
    moves, 4 when some waits on the machine that published it, 6 when something needs attention, 1 when accsyn does not
    tell whether anything moves.
    """
    found = _ask(words, not all_versions)
    if not found.components:
        latest = "" if all_versions else " in its latest versions; --all looks into the older ones, too"
        raise here.Stop(f"ftrack has no component of {' '.join(words)}{latest}.", exit_codes.FAILED)
    code = exit_code(found.components)
    if found.fault and code == exit_codes.OK:
        code = exit_codes.FAILED  # what accsyn does not tell may move
    if as_json:
        told = {"components": found.components, "unseen_jobs": found.unseen, "fault": found.fault}
        answer.print_json({**told, "exit_code": code})
    else:
        terminal.console().print(view(found))
    context.exit(code)


def _ask(words: Sequence[str], latest_only: bool) -> Answer:
    current = environment.read_settings()
    connection = FtrackConnection(environment.ftrack_credentials())
    workspace = _workspace(current)
    outboxes = here.outboxes(current)
    try:
        with errors.in_person():
            return look(connection, workspace, selection.find(connection, words), outboxes, latest_only)
    finally:
        connection.close()
        if workspace is not None:
            workspace.close()
        for outbox in outboxes:
            outbox.close()


def _workspace(current: Settings) -> Optional[Workspace]:
    known = current.workspace and current.api_user and current.api_key
    return endpoint.connect(current, endpoint.SHORT_LIMIT_S) if known else None


def exit_code(found: Iterable[Whereabouts]) -> int:
    """Return the exit code for components: that of the one of which most is left to be done."""
    return max((_CODES[each.presence] for each in found), key=_WORSE.index, default=exit_codes.OK)


def view(found: Answer) -> RenderableType:
    """Return the answer as a table, with what keeps the components below it."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("Component", "Where", "Going to", "Done", "Left"):
        table.add_column(heading, overflow="fold", justify="right" if heading in ("Done", "Left") else "left")
    for each in found.components:
        table.add_row(*_cells(each, each.moves[0] if each.moves else None))
        for move in each.moves[1:]:
            table.add_row("", "", *_move_cells(move))
    told = [Text(line, style=style) for line, style in _lines(found)]
    return Group(table, *told)


def _cells(found: Whereabouts, move: Optional[Move]) -> Iterable[Text]:
    name = " ".join(filter(None, (found.project, found.version, found.component)))
    staged = [f"{place} (staged)" for place in found.staged]
    places = ", ".join((*found.places, *staged)) or "nowhere"
    return (Text(name), Text(places, style=_STYLES[found.presence]), *_move_cells(move))


def _move_cells(move: Optional[Move]) -> Iterable[Text]:
    if move is None:
        return (Text(""),) * 3
    progress = move.progress
    speed = f" {size_text(progress.speed_bytes_per_s)}/s" if progress.speed_bytes_per_s else ""
    left = duration_text(progress.left_s) if progress.left_s is not None else ""
    state = Text(move.state.value, style=shown.STYLES[move.state])
    going = Text.assemble(move.destination, " " if move.destination else "", state)
    return going, Text(f"{progress.percent} %{speed}"), Text(left)


def _lines(found: Answer) -> Iterable[tuple[str, str]]:
    for each in found.components:
        for move in each.moves:
            if move.cause:
                since = f" Since {local(move.since)}." if move.since else ""
                name = " ".join(filter(None, (each.version, each.component)))
                yield f"{name}: {move.cause}{since} {move.remedy}".rstrip(), shown.STYLES[move.state]
    if found.unseen:
        yield f"Not looked into, though they may carry some of it: {', '.join(found.unseen)}.", "yellow"
    if found.fault:
        yield f"What accsyn carries is not known: {found.fault}", "yellow"


def local(moment: str) -> str:
    """Return a time (ISO 8601, UTC) as people at the machine read it; as it is where it is none."""
    try:
        at = datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")[:19])
    except ValueError:
        return moment
    return at.replace(tzinfo=datetime.timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M")
