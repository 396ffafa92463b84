"""`ftrack-accsyn requests` and `cancel`: what was asked for from this machine, and taking it back."""

from __future__ import annotations

import click

from ftrack_accsyn_accessor.cli import answer, exit_codes, here, shown, terminal
from ftrack_accsyn_accessor.insight import requests as snapshot
from ftrack_accsyn_accessor.insight.requests import RequestRow
from ftrack_accsyn_accessor.model.plain import plain
from ftrack_accsyn_accessor.model.request import RequestState

_LATER = (
    "What accsyn has and has not begun is taken back when it answers: by the next application with the plugin, or by "
    "ftrack-accsyn drain."
)


@click.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=0), help="How many that have ended.")
@click.option("--search", default="", help="Only those in which, or in whose items, every one of these words occurs.")
@click.option("--unfold", is_flag=True, help="List the items of each below it.")
@terminal.json_option
def requests(limit: int, search: str, unfold: bool, as_json: bool) -> None:
    """List what was asked for from this machine: Send, Sync, Get and Outsource, with how far each is.

    Reads this machine's outbox only: neither ftrack nor accsyn is asked.
    """
    installation = here.find()
    outbox, studio = here.outbox(installation), installation.studio
    found = snapshot.requests(outbox, search=search, studio=studio, ended=limit)
    unfolded = {
        row.request_id: snapshot.items(outbox, row, search=search, studio=studio) for row in (found if unfold else ())
    }
    if as_json:
        told = [{**plain(row), "unfolded": plain(unfolded.get(row.request_id, []))} for row in found]
        answer.print_json({"requests": told})
    elif found:
        terminal.console().print(shown.requests_view(found, unfolded))
    else:
        terminal.say("Nothing was asked for from this machine.")


@click.command()
@click.argument("request_id", type=int, metavar="REQUEST")
@terminal.json_option
@click.pass_context
def cancel(context: click.Context, request_id: int, as_json: bool) -> None:
    """Take back what has not begun of a request, and say what had.

    REQUEST is its number in `requests`. What accsyn has and has not begun is excluded there; what is moving already, or
    is there, stays. The exit code is 0 when all of it was taken back or is there, 5 when some of it still moves, 7
    when accsyn does not answer: what it has is taken back then as soon as it does.
    """
    from ftrack_accsyn_accessor.send.ordering import take_back  # late, for it brings both services' clients

    installation = here.find()
    runtime = here.runtime(installation)
    before = snapshot.request(runtime.outbox, request_id, installation.studio)
    if before is None:
        raise here.Stop(f"No request of this machine has the number {request_id}.", exit_codes.FAILED)
    obstacle = take_back(runtime, request_id)
    after = snapshot.request(runtime.outbox, request_id, installation.studio) or before
    withdrawn = after.withdrawn - before.withdrawn
    code = exit_codes.MOVING if after.state is RequestState.MOVING else exit_codes.OK
    code = exit_codes.TIMEOUT if obstacle else code
    if as_json:
        told = {"withdrawn": withdrawn, "obstacle": obstacle, "request": after, "exit_code": code}
        answer.print_json(told)
    else:
        terminal.say(_sentence(withdrawn, after) + (f" {obstacle} {_LATER}" if obstacle else ""))
    context.exit(code)


def _sentence(withdrawn: int, row: RequestRow) -> str:
    begun = [
        f"{count} {words}"
        for count, words in ((row.moving, "still in accsyn"), (row.there, "there already"), (row.stuck, "stuck"))
        if count
    ]
    had = f" Of the rest: {', '.join(begun)}." if begun else ""
    return f"{withdrawn} item(s) of request {row.request_id} were taken back.{had}"
