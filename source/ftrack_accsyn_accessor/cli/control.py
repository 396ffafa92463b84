"""`ftrack-accsyn retry`, `pause` and `resume`: what the outbox asks of the worker, whichever process it runs in."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ftrack_accsyn_accessor import environment, machine
from ftrack_accsyn_accessor.cli import exit_codes, here, shown
from ftrack_accsyn_accessor.insight import requests, rows
from ftrack_accsyn_accessor.outbox import Outbox

_BY_WHOM = "A running application with the plugin does it within seconds; without one: ftrack-accsyn drain."


@click.command()
@click.argument("components", nargs=-1, metavar="[COMPONENT|PATH|REQUEST]...")
@shown.json_option
def retry(components: Sequence[str], as_json: bool) -> None:
    """Try again at once what waits or needs attention: the named components, or everything.

    REQUEST, a number in `requests`, stands for all that is in it.
    What failed in accsyn is queued there again, what was never handed over is submitted.
    """
    outbox = here.outbox(here.find())
    retried = outbox.control.retry([each for text in components for each in _item_ids(outbox, text)] or None)
    _say(f"{retried} component(s) are tried again.", {"retried": retried}, as_json)


@click.command()
@shown.json_option
def pause(as_json: bool) -> None:
    """Let nothing more be sent from this machine until `resume`, in all applications and across restarts.

    Publishing goes on. Running jobs of this machine are paused in accsyn as soon as the worker has told it to;
    `status` says when that has happened.
    """
    outbox = here.outbox(here.find())
    done = outbox.control.pause(f"{environment.ftrack_user()}@{machine.hostname()}")
    text = "Syncing is paused." if done else "Syncing was paused already."
    _say(text, {"paused": True, "changed": done}, as_json)


@click.command()
@shown.json_option
def resume(as_json: bool) -> None:
    """Go on with what `pause` stopped."""
    outbox = here.outbox(here.find())
    done = outbox.control.resume()
    text = "Syncing goes on." if done else "Syncing was not paused."
    _say(text, {"paused": False, "changed": done}, as_json)


def _item_ids(outbox: Outbox, text: str) -> list[int]:
    asked = requests.numbered(outbox, text)
    row = None if asked else rows.find(outbox, text)
    if row is not None:
        return [row.item_id]
    if not asked:
        text = f"Nothing that was published on this machine, or asked for from it, is called {text}."
        raise here.Stop(text, exit_codes.FAILED)
    return [each.item_id for each in asked]


def _say(text: str, told: dict[str, object], as_json: bool) -> None:
    if as_json:
        shown.print_json(told)
    else:
        click.echo(f"{text} {_BY_WHOM}")
