"""What `send`, `get` and `sync` have in common: the plan, the question, the request, and how it is followed."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple, NoReturn, Optional, TypeVar

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import answer, exit_codes, here, shown, telling, terminal
from ftrack_accsyn_accessor.cli.telling import Pace
from ftrack_accsyn_accessor.insight import requests
from ftrack_accsyn_accessor.insight.ability import OWN
from ftrack_accsyn_accessor.insight.asking import Asking
from ftrack_accsyn_accessor.insight.requests import RequestRow
from ftrack_accsyn_accessor.model.item import Kind, Reason
from ftrack_accsyn_accessor.model.plain import plain
from ftrack_accsyn_accessor.model.plan import Fate, Plan, Planned
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.model.request import RequestState, Standing
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.send.ordering import Ordering, Preview
from ftrack_accsyn_accessor.worker.runtime import Runtime

#: Causes that are written out; of more only the number.
MOST_CAUSES = 20
_WHOM = "ftrack or accsyn"
_STYLES = {Fate.GOES: "green", Fate.THERE: "dim", Fate.ON_ITS_WAY: "cyan", Fate.CANNOT: "bold red"}
_CODES = {
    RequestState.DONE: exit_codes.OK,
    RequestState.STUCK: exit_codes.ATTENTION,
    RequestState.CANCELLED: exit_codes.ATTENTION,
}
Command = TypeVar("Command", bound=Callable[..., Any])


class How(NamedTuple):
    """What the options that all three have say."""

    dry_run: bool
    wait: bool
    timeout_s: Optional[float]
    yes: bool
    as_json: bool


def options(command: Command) -> Command:
    """Give *command* the options of `How`."""
    for decorate in (
        terminal.json_option,
        click.option("--yes", is_flag=True, help="Ask nothing. Without a terminal nothing is asked in any case."),
        click.option(
            "--timeout", "timeout_s", type=click.FloatRange(min=0), help="With --wait: give up after so many seconds."
        ),
        click.option("--wait", is_flag=True, help="Follow it until all of it is there, or something needs attention."),
        click.option("--dry-run", is_flag=True, help="Show the plan, and do nothing."),
    ):
        command = decorate(command)
    return command


def versions(command: Command) -> Command:
    """Give *command* the options that `latest_only` reads."""
    for decorate in (
        click.option("--all", "all_versions", is_flag=True, help="All versions."),
        click.option("--latest", is_flag=True, help="The latest version of each asset only. This is the default."),
    ):
        command = decorate(command)
    return command


def latest_only(latest: bool, all_versions: bool) -> bool:
    """Return whether only the latest versions are meant."""
    if latest and all_versions:
        raise click.UsageError("Either --latest or --all.")
    return not all_versions


def carry_out(context: click.Context, order: Order, words: Sequence[str], how: How) -> NoReturn:
    """Plan *order*, show it, ask, write the request down, and submit or follow it; exit with what that came to."""
    installation = here.find(begin=True)
    if order.reason is Reason.GET and installation.outside:
        text = f"{installation.settings.staging_variable} is not set: there is no staging area to fetch anything to."
        raise here.Stop(text, exit_codes.NOT_SET_UP)
    runtime = here.runtime(installation, begin=True)
    ordering = Ordering(runtime, environment.read_settings(), environment.ftrack_credentials())
    preview, who, asking = _planned(ordering, order, words, how)
    if not how.as_json:
        terminal.console().print(plans_view(preview.plans))
    if how.dry_run or not preview.count(Fate.GOES):
        _end(context, how, preview, [], planned_code(preview))
    if not _agreed(how, preview):
        raise here.Stop("Nothing was asked for.", exit_codes.FAILED)
    ids = ordering.confirm(preview, who)
    with _interruptible(ids), telling.refusals():
        code = _follow(ordering, runtime, ids, asking, preview) if how.wait else _hand_over(ordering, runtime, ids, how)
    _end(context, how, preview, [requests.request(runtime.outbox, each) for each in ids], code)


def _planned(
    ordering: Ordering, order: Order, words: Sequence[str], how: How
) -> tuple[Preview, Optional[Requester], Asking]:
    """Return the preview, and how much time is left; where it is to be followed, who asks as well.

    Whoever is not there to do it again has ftrack and accsyn asked again while they do not answer.
    """
    if not how.wait:
        return ordering.preview(order, words), None, Asking()
    with telling.in_time(), telling.line("Asking ftrack and accsyn what there is") as line:
        asking = Asking(how.timeout_s, line.told, line.every_s)

        def work() -> tuple[Preview, Requester]:
            preview = asking.ask(lambda: ordering.preview(order, words), _WHOM)
            return preview, asking.ask(ordering.requester, _WHOM)

        return (*asking.within(work), asking)


def planned_code(preview: Preview) -> int:
    """Return the exit code of what is only planned: whether all of it can be, is on its way to be, or is there."""
    if preview.count(Fate.CANNOT) or not any(plan.planned for plan in preview.plans):
        return exit_codes.ATTENTION
    return exit_codes.MOVING if preview.count(Fate.ON_ITS_WAY) and not preview.count(Fate.GOES) else exit_codes.OK


def followed_code(preview: Preview, standings: Iterable[Standing]) -> int:
    """Return the exit code of what was followed to its end: 0 only where all that was asked for is there."""
    if any(_CODES.get(each.state) != exit_codes.OK for each in standings) or preview.count(Fate.CANNOT):
        return exit_codes.ATTENTION
    return exit_codes.MOVING if preview.count(Fate.ON_ITS_WAY) else exit_codes.OK


def _agreed(how: How, preview: Preview) -> bool:
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if how.yes or how.as_json or not terminal:
        return True
    count = preview.count(Fate.GOES)
    return click.confirm(f"Go ahead with {count} item{'' if count == 1 else 's'}?", default=True)


@contextlib.contextmanager
def _interruptible(ids: Sequence[int]) -> Iterator[None]:
    """End by Ctrl-C, or a wrong key, with what becomes of the requests, which is not that they end."""
    try:
        yield
    except (KeyboardInterrupt, *OWN) as error:
        why = "" if isinstance(error, KeyboardInterrupt) else f"{error} "
        back = ", ".join(f"ftrack-accsyn cancel {each}" for each in ids)
        text = f"{why}It is not followed any more, and stays asked for: accsyn carries what it has, and the next"
        text += (
            f" application with the plugin, or ftrack-accsyn drain, the rest. To take back what has not begun: {back}."
        )
        raise here.Stop(text) from (error if why else None)


def _hand_over(ordering: Ordering, runtime: Runtime, ids: Sequence[int], how: How) -> int:
    if runtime.outbox.control.paused() is not None:
        _say("Syncing is paused on this machine: it goes when somebody resumes, with: ftrack-accsyn resume.", how)
        return exit_codes.UNSENT
    if ordering.hand_over(ids):
        stuck = any(each.state is RequestState.STUCK for each in ordering.standings(ids))
        return exit_codes.ATTENTION if stuck else exit_codes.OK
    _say(
        "accsyn does not have all of it yet. The next application with the plugin goes on, or: ftrack-accsyn drain.",
        how,
    )
    return exit_codes.OK


def _follow(ordering: Ordering, runtime: Runtime, ids: Sequence[int], asking: Asking, preview: Preview) -> int:
    if runtime.outbox.control.paused() is not None:
        raise here.Stop("Syncing is paused on this machine. Resume it first: ftrack-accsyn resume.")
    left_s = asking.left_s()
    with telling.bar() as show:
        ended = ordering.follow(
            ids, left_s if left_s < math.inf else None, lambda standings: show(_pace(runtime, standings))
        )
    return followed_code(preview, ordering.standings(ids)) if ended else exit_codes.TIMEOUT


def _say(text: str, how: How) -> None:
    terminal.say(text, err=how.as_json)


def _pace(runtime: Runtime, standings: Sequence[Standing]) -> Pace:
    """Return how far requests are, and what keeps the first that something keeps."""
    total, done = sum(each.size_bytes for each in standings), sum(each.done_bytes for each in standings)
    text = ", ".join(dict.fromkeys(each.state.value for each in standings))
    rows = (requests.request(runtime.outbox, each.id) for each in standings)
    cause = next((f"{row.cause} {row.remedy}".rstrip() for row in rows if row is not None and row.cause), "")
    return Pace(f"{text} - {cause}" if cause else text, total or None, done)


def _end(
    context: click.Context, how: How, preview: Preview, rows: Sequence[Optional[RequestRow]], code: int
) -> NoReturn:
    found = [row for row in rows if row is not None]
    if how.as_json:
        told = {"plans": [plan_told(plan) for plan in preview.plans], "requests": found, "exit_code": code}
        answer.print_json(told)
    elif found:
        terminal.console().print(shown.requests_view(found, {}))
    context.exit(code)


# The plan.


def plan_told(plan: Plan) -> Mapping[str, Any]:
    """Return a plan for scripts: the sums of each fate, and each item with its fate, without its files."""
    return {
        "reason": plan.reason.value,
        "source": plain(plan.source),
        "destination": plain(plan.destination),
        "sums": {fate.name.lower(): plain(plan.sum(fate)) for fate in Fate},
        "items": [_item_told(each) for each in plan.planned],
        "remarks": list(plan.remarks),
    }


def _item_told(planned: Planned) -> Mapping[str, Any]:
    publication = planned.wanted.publication
    return {
        "component_id": publication.component_id,
        "component": publication.component_name,
        "version": publication.version_name,
        "context": publication.context,
        "project": publication.project_name,
        "title": publication.title,
        "path": publication.path,
        "kind": publication.kind.value,
        "files": len(publication.files),
        "size_bytes": publication.size_bytes,
        "fate": planned.fate.name.lower(),
        "obstacle": planned.obstacle.value if planned.obstacle is not None else "",
        "cause": planned.cause,
    }


def plans_view(plans: Sequence[Plan]) -> RenderableType:
    """Return plans as a table: count and bytes of each fate, with the causes of what cannot go below it."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("From > to", "What becomes of it", "Items", "Files", "Size"):
        table.add_column(heading, justify="right" if heading in ("Items", "Files", "Size") else "left")
    for plan in plans:
        ends = f"{requests.end_text(plan.source)} > {requests.end_text(plan.destination)}"
        for fate in Fate:
            found = plan.sum(fate)
            if found.items:
                size = size_text(found.size_bytes) if found.size_bytes else ""
                what = Text(fate.value, style=_STYLES[fate])
                table.add_row(Text(ends), what, str(found.items), _files(plan.of(fate), found.files), size)
                ends = ""
    if not any(plan.planned for plan in plans):
        return Group(Text("There is nothing of that to go anywhere."), *map(Text, _remarks(plans)))
    return Group(table, *map(Text, _causes(plans)), *map(Text, _remarks(plans)))


def _files(planned: Sequence[Planned], count: int) -> str:
    """Return how many files those are, which of folders nobody has counted."""
    if any(each.wanted.publication.kind is Kind.FOLDER for each in planned):
        return f"{count}, and folders" if count else "not counted"
    return str(count) if count else ""


def _remarks(plans: Sequence[Plan]) -> list[str]:
    return [remark for plan in plans for remark in plan.remarks]


def _causes(plans: Sequence[Plan]) -> list[str]:
    told = (Fate.CANNOT, Fate.ON_ITS_WAY)
    found = [each for fate in told for plan in plans for each in plan.of(fate) if each.cause]
    lines = [f"{each.wanted.publication.title} {each.fate.value}: {each.cause}" for each in found[:MOST_CAUSES]]
    return [*lines, f"... and {len(found) - MOST_CAUSES} more"] if len(found) > MOST_CAUSES else lines
