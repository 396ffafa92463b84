"""Whatever things are called, and whatever holds them up: every text fits its terminal, and keeps what is secret."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from anything import NAMES, anything
from drawing import CODE_PAGES, SECRET, WIDTHS, drawn, require_readable
from ftrack_accsyn_accessor.cli import (
    asked,
    complaint,
    deliver,
    doctor,
    reconcile,
    shown,
    terminal,
    vendors,
    where,
)
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.insight.doctor.check import Check
from ftrack_accsyn_accessor.insight.remarks import Topic
from ftrack_accsyn_accessor.insight.requests import RequestRow
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Item, Progress, State
from ftrack_accsyn_accessor.model.plan import Plan
from ftrack_accsyn_accessor.model.upload import Standing
from ftrack_accsyn_accessor.outbox.file import outbox_path
from ftrack_accsyn_accessor.outbox.tracking import Change
from ftrack_accsyn_accessor.send.where import Answer
from ftrack_accsyn_accessor.upkeep.reconcile import Outcome
from ftrack_accsyn_accessor.vendor.report import Report
from requesting import ask, in_accsyn
from unit.outbox.conftest import Desk

TOPICS = [topic.heading for topic in Topic]
#: With a secret in some of them.
CAUSES = st.one_of(NAMES, NAMES.map(lambda text: f"{text[:100]} {SECRET} {text[100:]}"))
TERMINALS = st.tuples(st.sampled_from(WIDTHS), st.sampled_from(CODE_PAGES))

few = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
many = settings(few, max_examples=150)
tiers = pytest.mark.parametrize("examples", [few, pytest.param(many, marks=pytest.mark.slow)], ids=["few", "many"])


def view(render: Callable[[Any], Any]) -> Callable[[Any], None]:
    return lambda value: terminal.console().print(render(value))


LABELS = " ".join(("safe to quit components progress paused problem location accsyn staging area", *TOPICS))
#: What draws, what it draws, and the headings of its columns.
VIEWS: dict[str, tuple[Callable[[Any], object], st.SearchStrategy[Any], str]] = {
    "summary": (view(shown.summary_view), anything(Summary), LABELS),
    "rows": (
        view(shown.rows_view),
        st.lists(anything(Row), max_size=3),
        "Component Project Files Size State Done Left",
    ),
    "requests": (
        view(lambda given: shown.requests_view(given[0], {row.request_id: given[1] for row in given[0]})),
        st.tuples(st.lists(anything(RequestRow), max_size=2), st.lists(anything(Row), max_size=2)),
        "Request What Items Size State Done, left",
    ),
    "doctor": (view(doctor.Line), anything(Check), ""),
    "plans": (
        view(asked.plans_view),
        st.lists(anything(Plan), max_size=2),
        "From > to What becomes of it Items Files Size",
    ),
    "where": (view(where.view), anything(Answer), "Component Where Going to Done Left"),
    "reconcile": (
        view(lambda told: reconcile._view(told, False)),
        anything(Outcome),
        "Component Version Project Files Size Path",
    ),
    "vendors": (vendors._show, anything(Report), "Who Folder May Why Out with Task Since Due Not finished What Of"),
    "standings": (view(deliver.standings_view), st.dictionaries(NAMES, anything(Standing), max_size=3), ""),
    "sentence": (terminal.say, CAUSES, ""),
}


#: What has columns that are left out where there is no room: those that tell least.
LEAVE_OUT = {"reconcile", "requests", "rows"}
LISTS = {"clean", "log", "requests", "status"}


@tiers
@pytest.mark.parametrize("name", VIEWS)
def test_a_text_fits_whatever_it_tells_of(name: str, examples: settings) -> None:
    draw, values, headings = VIEWS[name]

    @examples
    @given(values, TERMINALS)
    def readable(value: Any, on: tuple[int, str]) -> None:
        require_readable(lambda: draw(value), *on, headings, whole=name not in LEAVE_OUT)

    readable()


KINDS = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]


@tiers
def test_an_error_fits_whatever_it_tells_of(examples: settings) -> None:
    @examples
    @given(st.sampled_from([*KINDS, ValueError, click.UsageError, complaint.Stop]), CAUSES, CAUSES, TERMINALS)
    def readable(kind: Any, first: str, second: str, on: tuple[int, str]) -> None:
        ours = issubclass(kind, errors.AccsynAccessorError)
        error = kind(first, second, first, second) if ours else kind(f"{first} {second}")
        require_readable(lambda: complaint.tell(error, []), *on)
        told = json.loads(drawn(lambda: complaint.tell(error, ["--json"]), *on))
        assert set(told["error"]) - {"remedy"} == {"kind", "message", "exit_code"}

    readable()


# Commands, on an outbox with anything in it.

HEADINGS = f"{LABELS} When Component Project Files Size State What Request Items Done Done, left Left"


@contextlib.contextmanager
def staging_machine(names: list[str], causes: list[str], states: list[State]) -> Iterator[Desk]:
    """Give a machine whose items are called *names*, and are in *states* by *causes*."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCSYN_PROJECTS_PATH", str(Path(folder) / "staging"))
        path = Path(outbox_path(None, str(Path(folder) / "staging")))
        path.parent.mkdir(parents=True)
        desk = Desk(path)
        try:
            told = [
                desk.publication(
                    f"c{at}", component_name=name, version_name=name, project_name=name[:100], username=name
                )
                for at, name in enumerate(names)
            ]
            desk.outbox.prepare(told, "owner")
            desk.outbox.activate([each.component_id for each in told], "l1")
            items = [desk.item(each.component_id) for each in told]
            items += in_accsyn(desk.outbox, ask(desk.outbox, "asked", words=names[0]))
            for item, cause, state in zip(items, causes, states):
                desk.outbox.tracking.record([_change(item, cause, state)])
            yield desk
        finally:
            desk.outbox.close()


def _change(item: Item, cause: str, state: State) -> Change:
    return Change(item, state, Progress(1, 10, 3.0, 5.0), "transfer-failed", cause, remedy=cause)


def run(*arguments: str) -> None:
    """Run a command as a process does, without ending this one."""
    try:
        with pytest.raises(SystemExit):
            application.main(list(arguments), prog_name="ftrack-accsyn")
    except Exception as error:  # noqa: BLE001 - as `main` does
        pytest.fail(f"{arguments}: {error!r}")


@tiers
@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "--unfold"),
        ("status", "--search", "{name}"),
        ("requests", "--unfold"),
        ("log",),
        ("why",),
        ("why", "c0"),
        ("why", "{name}"),
        ("log", "{name}"),
        ("retry", "{name}"),
        ("clean", "--pin", "{name}"),
        ("forget", "{name}"),
        ("first", "{name}"),
        ("{name}",),
    ],
    ids=" ".join,
)
def test_a_command_answers_whatever_its_items_are_called(arguments: tuple[str, ...], examples: settings) -> None:
    states = st.sampled_from([State.PENDING, State.NEEDS_ATTENTION, State.WITHDRAWN])

    @examples
    @given(st.lists(NAMES, min_size=1, max_size=3), st.lists(CAUSES), st.lists(states), TERMINALS)
    def answers(names: list[str], causes: list[str], states: list[State], on: tuple[int, str]) -> None:
        with staging_machine(names, causes, states):
            words = [each.format(name=names[0]) for each in arguments]
            if words[0] != "forget":  # it is drawn more than once, and what is forgotten cannot be forgotten again
                require_readable(lambda: run(*words), *on, HEADINGS, whole=words[0] not in LISTS)
            told = drawn(lambda: run(*words, "--json"), *on)
            assert told.isascii()
            assert json.loads(told)["schema"] == 1
            assert json.dumps(SECRET)[1:-1] not in told

    answers()
