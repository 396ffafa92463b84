"""What `send` does with a plan; the planner is a stand-in here, since its answers are what is varied."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.asked import followed_code
from ftrack_accsyn_accessor.model.item import Kind, Reason, State, Studio
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Plan, Planned
from ftrack_accsyn_accessor.model.request import Request, Standing, Wanted
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.send import ordering
from ftrack_accsyn_accessor.send.order import Order
from ftrack_accsyn_accessor.send.ordering import Preview
from integration.cli.test_requests import Run, outbox, run
from making import HQ, publication
from requesting import LONDON

__all__ = ["outbox", "run"]

STUDIO = Studio("https://acme.test", "acme")


def planned(name: str, fate: Fate, obstacle: Obstacle | None = None, cause: str = "") -> Planned:
    made = publication(f"show_a/{name}.mov", component_id=name, component_name=name, version_name="comp v003")
    return Planned(Wanted(made), fate, obstacle, cause)


def plan(*found: Planned) -> Plan:
    return Plan(Reason.SEND, STUDIO, HQ, LONDON, found)


@pytest.fixture
def asked() -> list[Order]:
    """What the planner was asked for."""
    return []


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch, asked: list[Order]) -> list[Plan]:
    """What the planner answers; nobody is asked."""
    answer: list[Plan] = []

    class Stub:
        def __init__(self, *_: Any) -> None:
            pass

        def plan(self, order: Order) -> list[Plan]:
            asked.append(order)
            return answer

    monkeypatch.setattr(ordering, "Planner", Stub)
    monkeypatch.setattr(ordering.selection, "find", lambda connection, words: [])
    monkeypatch.setattr(ordering, "_user_id", lambda connection, name: "u1")
    return answer


ARGUMENTS = ("send", "sh010", "--from", "studio.hq", "--to", "studio.london")


def test_a_dry_run_shows_count_and_bytes_of_each_fate_and_writes_nothing(
    outbox: Outbox, run: Run, plans: list[Plan]
) -> None:
    plans.append(
        plan(
            planned("beauty", Fate.GOES),
            planned("depth", Fate.THERE),
            planned("matte", Fate.CANNOT, Obstacle.NO_PATH, "Its place is below no root that accsyn has."),
        )
    )

    result = run(*ARGUMENTS, "--dry-run")

    assert result.exit_code == exit_codes.ATTENTION
    assert "studio.hq > studio.london" in result.stdout
    for fate in (Fate.GOES, Fate.THERE, Fate.CANNOT):
        assert fate.value in result.stdout
    assert Fate.ON_ITS_WAY.value not in result.stdout
    assert "comp v003 matte cannot go: Its place is below no root that accsyn has." in result.stdout
    assert outbox.requests.latest(10) == []


def test_a_dry_run_in_json_has_the_sums_and_every_item(outbox: Outbox, run: Run, plans: list[Plan]) -> None:
    plans.append(plan(planned("beauty", Fate.GOES), planned("depth", Fate.GOES)))

    result = run(*ARGUMENTS, "--dry-run", "--json")

    told = json.loads(result.stdout)
    (found,) = told["plans"]
    assert found["sums"]["goes"] == {"items": 2, "files": 2, "size_bytes": 2}
    assert [(item["component"], item["fate"]) for item in found["items"]] == [("beauty", "goes"), ("depth", "goes")]
    assert (told["requests"], told["exit_code"], result.exit_code) == ([], exit_codes.OK, exit_codes.OK)


@pytest.mark.parametrize(
    ("fate", "code"),
    [
        (Fate.THERE, exit_codes.OK),
        (Fate.ON_ITS_WAY, exit_codes.MOVING),
        (Fate.CANNOT, exit_codes.ATTENTION),
    ],
)
def test_where_nothing_goes_nothing_is_written_and_the_exit_code_tells_why(
    outbox: Outbox, run: Run, plans: list[Plan], fate: Fate, code: int
) -> None:
    plans.append(plan(planned("beauty", fate, cause="It is so.")))

    assert run(*ARGUMENTS, "--wait").exit_code == code
    assert outbox.requests.latest(10) == []


def test_a_selection_that_is_empty_is_not_taken_for_done(outbox: Outbox, run: Run, plans: list[Plan]) -> None:
    result = run(*ARGUMENTS)

    assert result.exit_code == exit_codes.ATTENTION
    assert "There is nothing of that to go anywhere." in result.stdout


def test_a_paused_machine_takes_the_request_down_and_says_that_it_waits(
    outbox: Outbox, run: Run, plans: list[Plan]
) -> None:
    plans.append(plan(planned("beauty", Fate.GOES)))
    outbox.control.pause("somebody")

    result = run(*ARGUMENTS)

    (standing,) = outbox.requests.latest(10)
    assert (standing.request.username, standing.request.user_id) == ("artist", "u1")
    assert standing.counts == {State.PENDING: 1}
    assert result.exit_code == exit_codes.UNSENT
    assert "Syncing is paused on this machine" in result.stdout
    assert "comp v003 beauty" in result.stdout


def test_waiting_on_a_paused_machine_is_refused_rather_than_endless(
    outbox: Outbox, run: Run, plans: list[Plan]
) -> None:
    plans.append(plan(planned("beauty", Fate.GOES)))
    outbox.control.pause("somebody")

    result = run(*ARGUMENTS, "--wait")

    assert result.exit_code == exit_codes.FAILED
    assert "Resume it first" in result.stderr


def test_something_has_to_be_named(outbox: Outbox, run: Run) -> None:
    assert run("send", "--from", "studio.hq", "--to", "studio.london").exit_code == exit_codes.USAGE


def test_the_files_of_folders_are_told_as_not_counted(outbox: Outbox, run: Run, plans: list[Plan]) -> None:
    scans = planned("scans", Fate.GOES)
    folder = dataclasses.replace(scans.wanted.publication, kind=Kind.FOLDER, files=())
    plans.append(plan(dataclasses.replace(scans, wanted=Wanted(folder))))
    assert "not counted" in run(*ARGUMENTS, "--dry-run").stdout
    plans[:] = [plan(*plans[0].planned, planned("beauty", Fate.GOES))]
    assert "1, and folders" in run(*ARGUMENTS, "--dry-run").stdout


@pytest.mark.parametrize("verb", [ARGUMENTS, ("get", "sh010")], ids=["send", "get"])
def test_latest_and_all_exclude_each_other(outbox: Outbox, run: Run, verb: tuple[str, ...]) -> None:
    assert run(*verb, "--latest", "--all").exit_code == exit_codes.USAGE


def standing(**counts: int) -> Standing:
    request = Request(Reason.SEND, STUDIO, "artist", HQ, LONDON)
    return Standing(1, request, 1.0, {State(name): count for name, count in counts.items()}, 1, 1, 1)


@pytest.mark.parametrize(
    ("counts", "others", "code"),
    [
        ({"synced": 2}, [], exit_codes.OK),
        ({"synced": 1, "needs-attention": 1}, [], exit_codes.ATTENTION),
        ({"withdrawn": 2}, [], exit_codes.ATTENTION),
        ({"synced": 2}, [planned("matte", Fate.CANNOT)], exit_codes.ATTENTION),
        ({"synced": 2}, [planned("matte", Fate.ON_ITS_WAY)], exit_codes.MOVING),
        ({"synced": 2}, [planned("matte", Fate.THERE)], exit_codes.OK),
    ],
)
def test_zero_means_that_all_that_was_asked_for_is_there(
    counts: dict[str, int], others: list[Planned], code: int
) -> None:
    preview = Preview(Order(Reason.SEND), [plan(planned("beauty", Fate.GOES), *others)])

    assert followed_code(preview, [standing(**counts)]) == code


def test_what_is_to_be_said_beside_the_plan_is_shown(outbox: Outbox, run: Run, plans: list[Plan]) -> None:
    told = Plan(Reason.SEND, STUDIO, HQ, LONDON, (), ("1 component is left out.",))
    plans.append(told)
    assert "1 component is left out." in run(*ARGUMENTS, "--dry-run").stdout
    assert json.loads(run(*ARGUMENTS, "--dry-run", "--json").stdout)["plans"][0]["remarks"] == list(told.remarks)


@pytest.mark.parametrize("verb", [ARGUMENTS, ("get", "sh010")], ids=["send", "get"])
def test_what_is_there_is_asked_for_again_only_where_that_is_said(
    outbox: Outbox, run: Run, plans: list[Plan], asked: list[Order], verb: tuple[str, ...]
) -> None:
    plans.append(plan(planned("beauty", Fate.THERE)))
    run(*verb)
    run(*verb, "--again")
    assert [order.again for order in asked] == [False, True]
