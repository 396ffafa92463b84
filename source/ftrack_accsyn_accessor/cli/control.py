"""`ftrack-accsyn retry`, `pause` and `resume`: what people ask of the worker, whichever process it runs in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import click

from ftrack_accsyn_accessor import environment, machine
from ftrack_accsyn_accessor.cli import answer, exit_codes, here, telling, terminal
from ftrack_accsyn_accessor.insight import pausing
from ftrack_accsyn_accessor.insight.installation import Installation
from ftrack_accsyn_accessor.insight.naming import named
from ftrack_accsyn_accessor.insight.rows import BY_WHOM
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, SettingsError
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox

_ON_RESUMING = "Syncing is paused: it is done when somebody resumes, with: ftrack-accsyn resume."
_WAITING = "What waits is sent by a running application with the plugin; without one: ftrack-accsyn drain."


@click.command()
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@terminal.json_option
def retry(items: Sequence[str], as_json: bool) -> None:
    """Try again at once what waits or needs attention: the named items, or everything.

    ITEM is a component's id, a staged path, words of its row ("sh010 comp v001 main"), or the number of a request,
    which stands for all that is in it. What failed in accsyn is queued there again, what was never handed over is
    submitted. `drain` after it waits for what comes of it.
    """
    installation = here.find()
    outbox = here.outbox(installation)
    asked = [row.item_id for text in items for row in named(outbox, text, installation.studio)]
    retried = outbox.control.retry(list(dict.fromkeys(asked)) if items else None)
    if as_json:
        answer.print_json({"retried": retried})
    elif not retried:
        terminal.say("Nothing of that waits for a time or for help: it is due already, on its way, or there.")
    else:
        by_whom = BY_WHOM if outbox.control.paused() is None else _ON_RESUMING
        terminal.say(f"{retried} component(s) are tried again. {by_whom}")


@click.command()
@terminal.json_option
@click.pass_context
def pause(context: click.Context, as_json: bool) -> None:
    """Let nothing more be sent from this machine until `resume`, in all applications and across restarts.

    Publishing goes on. The running sync jobs of this machine are paused in accsyn: by the application that sends, or
    else from here. That takes 20 s at most, and the exit code is 7 when some still run then: the next application with
    the plugin pauses them, or `pause` once more. With a key that accsyn does not accept it is 1, with a missing setting
    3. Nothing more is sent in any case.
    """
    installation = here.find()
    outbox = here.outbox(installation)
    changed = outbox.control.pause(f"{environment.ftrack_user()}@{machine.hostname()}")
    steered = _steer(installation, outbox)
    jobs = max(0, len(outbox.control.paused_jobs()) - steered.astray)  # written down before accsyn is told
    text = "Syncing is paused" if changed else "Syncing was paused already"
    text += f", and {jobs} sync job(s) in accsyn with it." if jobs else "."
    if steered.astray:
        text += f" {steered.astray} sync job(s) still run in accsyn: {steered.obstacle}"
        text += " They are paused by the next application with the plugin, or by: ftrack-accsyn pause."
    told = {"paused": True, "changed": changed, "jobs": jobs, **steered.told()}
    _end(context, text, told, as_json)


@click.command()
@terminal.json_option
@click.pass_context
def resume(context: click.Context, as_json: bool) -> None:
    """Go on with what `pause` has paused.

    The sync jobs that were paused with it go on in accsyn, as `pause` has it for pausing. Nothing is sent from here:
    what waits is sent by an application with the plugin, or by `drain`.
    """
    installation = here.find()
    outbox = here.outbox(installation)
    before = len(outbox.control.paused_jobs())
    changed = outbox.control.resume()
    steered = _steer(installation, outbox)
    jobs = max(0, before - len(outbox.control.paused_jobs()))
    text = "Syncing goes on" if changed else "Syncing was not paused"
    text += f", and {jobs} sync job(s) in accsyn with it." if jobs else "."
    if steered.astray:
        text += f" {steered.astray} sync job(s) are still paused in accsyn: {steered.obstacle}"
        text += " They are resumed by the next application with the plugin, or by: ftrack-accsyn resume."
    if outbox.survey.totals()[State.PENDING].count:
        text += f" {_WAITING}"
    told = {"paused": False, "changed": changed, "jobs": jobs, **steered.told()}
    _end(context, text, told, as_json)


class _Steered(NamedTuple):
    """How many jobs are not where a pause, or its end, wants them, why, and the exit code for that."""

    astray: int
    obstacle: str
    exit_code: int

    def told(self) -> dict[str, object]:
        return {"astray": self.astray, "obstacle": self.obstacle, "exit_code": self.exit_code}


def _steer(installation: Installation, outbox: Outbox) -> _Steered:
    """Bring accsyn's jobs to where the outbox wants them, as far as that is possible from here."""
    if not pausing.astray(outbox, installation.studio):
        return _Steered(0, "", exit_codes.OK)
    runtime, code = None, exit_codes.TIMEOUT
    try:
        runtime, missing = here.runtime(installation), ""
    except (here.Stop, SettingsError) as error:  # an application that runs may do it all the same
        missing, code = str(error), exit_codes.NOT_SET_UP
    try:
        with telling.refusals():
            obstacle = pausing.steer(outbox, installation.studio, runtime)
    except AccsynAccessorError as error:
        obstacle, code = str(error), exit_codes.FAILED
    left = len(pausing.astray(outbox, installation.studio))
    return _Steered(left, missing or obstacle, code) if left else _Steered(0, "", exit_codes.OK)


def _end(context: click.Context, text: str, told: dict[str, object], as_json: bool) -> None:
    if as_json:
        answer.print_json(told)
    else:
        terminal.say(text)
    context.exit(int(str(told["exit_code"])))
