"""`explain` where several things are wrong at once: none hides another, and nobody hears of another's item."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence

import pytest

from ftrack_accsyn_accessor.insight import rows, status, why
from ftrack_accsyn_accessor.insight.inquiry import everything
from ftrack_accsyn_accessor.insight.leading import Obstacle
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.insight.situation import Accsyn, Alike, Cause, Fault, Place, Situation
from ftrack_accsyn_accessor.insight.why import MOST_OF_A_KIND, explain
from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.errors import Refused, Unreachable
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, State, Studio, Trouble
from ftrack_accsyn_accessor.model.settings import Problem
from ftrack_accsyn_accessor.outbox import groups
from ftrack_accsyn_accessor.outbox.file import lock_path
from ftrack_accsyn_accessor.outbox.leadership import Leader
from ftrack_accsyn_accessor.outbox.locks import ProcessLock
from ftrack_accsyn_accessor.outbox.tracking import Change
from unit.outbox.conftest import Desk

JOB_ID = "j" * 24
WRONG_KEY = Fault("unauthorised", "accsyn does not accept the key.", "Correct it.")


def stuck(desk: Desk, component_id: str, what: str = "no access") -> None:
    desk.outbox.needs_attention(desk.pending(component_id), Refused("submit", "", what, "Ask."), NOT_BY_ITSELF)


def moving(desk: Desk, *component_ids: str) -> None:
    desk.outbox.submitted(desk.pending(*component_ids), desk.outbox.job_found(desk.job(), JOB_ID))


def known(desk: Desk, *shown: Row) -> Situation:
    """Return what is known of everything, or of the items that are *shown*."""
    return Situation(
        now=desk.clock.now + 100,
        asked="it" if shown else "",
        staging_variable="ACCSYN_PROJECTS_PATH",
        staging_path="/staging",
        summary=status.summary(desk.outbox),
        alike=tuple(Alike(row, 1, row.size_bytes) for row in shown) or everything(desk.outbox),
        accsyn=Accsyn(client="ws1", client_status="online", jobs={JOB_ID: Place("running")}),
    )


def row(desk: Desk, component_id: str) -> Row:
    return rows.of_component(desk.outbox, component_id)[0]


def kinds(found: Sequence[Cause]) -> list[str]:
    return [each.kind for each in found]


@pytest.mark.parametrize("job", ["running", "done"])
@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("count", [1, 2])
def test_what_moves_while_nobody_is_there_is_not_said_to_need_nothing(
    desk: Desk, job: str, asked: bool, count: int
) -> None:
    moving(desk, *"ab"[:count])
    found = known(desk, row(desk, "a")) if asked else known(desk)
    assert found.summary is not None
    left_alone = dataclasses.replace(found.summary, unattended=True)
    found = accsyn(dataclasses.replace(found, summary=left_alone), jobs={JOB_ID: Place(job)})

    nobody, rest = explain(found)

    assert nobody.kind == "nobody"
    assert rest.remedy == why.NOBODY_NOTES
    assert "in a moment" not in rest.sentence


# Each makes one thing wrong; the kind of the cause, and the items that it holds up: p is pending, m is moving.

Break = Callable[[Situation], Situation]
FROZEN = Obstacle(Leader(12, "maya", 0.0, 0.0, 0.0), True, "maya (process 12) is frozen.", "End it.")


def accsyn(situation: Situation, **changes: object) -> Situation:
    return dataclasses.replace(situation, accsyn=dataclasses.replace(situation.accsyn, **changes))  # type: ignore[arg-type]


WRONG: dict[str, tuple[Break, str]] = {
    "unplugged": (lambda known: dataclasses.replace(known, staging_present=False), "pm"),
    "frozen": (lambda known: dataclasses.replace(known, obstacle=FROZEN), "p"),
    "settings": (lambda known: dataclasses.replace(known, problems=(Problem("A", "is wrong.", "Mend A."),)), "pm"),
    "unauthorised": (lambda known: accsyn(known, fault=WRONG_KEY), "pm"),
    "client": (lambda known: accsyn(known, client_status="offline"), "pm"),
    "job-paused": (lambda known: accsyn(known, jobs={JOB_ID: Place("paused")}), "m"),
}
ALL = [names for count in range(len(WRONG) + 1) for names in itertools.combinations(WRONG, count)]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a desk with one dead item, three that wait and two that accsyn has; somebody is there."""
    desk = Desk(tmp_path_factory.mktemp("busy") / "outbox.sqlite3")
    stuck(desk, "dead")
    desk.pending("p1", "p2", "p3")
    moving(desk, "m1", "m2")
    lock = ProcessLock(lock_path(desk.path))
    assert lock.acquire()
    yield desk
    lock.release()
    desk.outbox.close()


def test_everything_that_is_wrong_is_told_with_how_many_it_holds_up_whatever_else_is(busy: Desk) -> None:
    healthy = known(busy)
    for names in ALL:
        situation = healthy
        for name in names:
            situation = WRONG[name][0](situation)

        found = explain(situation)

        counts = {each.kind: each.items for each in found if each.kind in WRONG}
        count = {"p": 3, "m": 2, "pm": 5}
        wanted = {name: count[WRONG[name][1]] for name in names}
        if "unplugged" in wanted:
            wanted["unplugged"] += 1  # what is dead is on that disk, too
        assert counts == wanted, names
        assert [each.items for each in found if each.kind == "refused"] == [1], names
        held = [each.items for each in found if each.kind != "moving"]
        assert held == sorted(held, reverse=True), names


@pytest.mark.parametrize(("component_id", "letter"), [("p1", "p"), ("m1", "m")])
def test_of_one_item_all_is_told_that_is_in_its_way_and_nothing_else(
    busy: Desk, component_id: str, letter: str
) -> None:
    healthy = known(busy, row(busy, component_id))
    for names in ALL:
        situation = healthy
        for name in names:
            situation = WRONG[name][0](situation)

        found = kinds(explain(situation))

        wanted = [name for name in names if letter in WRONG[name][1]]
        assert found == (wanted or [{"p": "next", "m": "queued"}[letter]]), names


def test_dead_item_tells_its_own_cause_first_and_then_what_keeps_its_retry(busy: Desk) -> None:
    situation = WRONG["unauthorised"][0](known(busy, row(busy, "dead")))

    assert kinds(explain(situation)) == ["refused", "unauthorised"]


def test_what_holds_up_most_is_told_first_and_bytes_decide_between_equals(desk: Desk) -> None:
    stuck(desk, "a", "no access")
    stuck(desk, "b", "no access")
    stuck(desk, "small", "too late")
    stuck(desk, "large", "too large")
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET size_bytes = 1000 WHERE component_id = 'large'")

    found = explain(known(desk))

    assert [(each.items, each.size_bytes) for each in found] == [(2, 20), (1, 1000), (1, 10)]
    assert found[0].sentence == "They need attention: Could not submit: no access."
    assert "large" in found[1].sentence
    assert {each.remedy for each in found} == {"Ask."}


def test_same_cause_that_names_the_file_of_each_is_one_line(desk: Desk) -> None:
    for number in range(20):
        stuck(desk, f"c{number}", f"disk full (show_a/c{number}.mov)")

    (only,) = explain(known(desk))

    assert (only.items, only.size_bytes) == (20, 200)


def test_same_cause_that_names_a_file_of_each_is_one_line_whatever_they_are(desk: Desk) -> None:
    for component_id, identifier, named in (
        ("movie", "show_a/main.mov", "show_a/main.mov"),
        ("beauty", "show_a/beauty.%04d.exr", "show_a/beauty.1001.exr"),
        ("textures", "show_a/textures", "show_a/textures/wood.tx"),
    ):
        desk.outbox.prepare([desk.publication(component_id, resource_identifier=identifier)], "owner")
        desk.outbox.activate([component_id], "l1")
        items = [each for each in desk.outbox.due(10) if each.publication.component_id == component_id]
        desk.outbox.needs_attention(items, Refused("submit", "", f"disk full ({named})", "Ask."), NOT_BY_ITSELF)

    (only,) = explain(known(desk))

    assert only.items == 3


def test_many_causes_of_one_kind_end_in_one_line(desk: Desk) -> None:
    for number in range(MOST_OF_A_KIND + 4):
        stuck(desk, f"c{number}", f"reason {'x' * number}")

    found = explain(known(desk))

    assert len(found) == MOST_OF_A_KIND + 1
    assert sum(each.items for each in found) == MOST_OF_A_KIND + 4
    assert found[0].sentence == "They have other causes of the same kind (refused)."


def test_item_that_waits_for_what_is_in_the_way_of_all_says_it_once(desk: Desk) -> None:
    desk.outbox.delay(desk.pending("c1"), Unreachable("submit", "", "no line", "Mend it."), desk.clock.now + 130)
    fault = Fault(Unreachable.kind, "Could not log in: no line.", "Mend it.")

    assert kinds(explain(accsyn(known(desk, row(desk, "c1")), fault=fault))) == [Unreachable.kind]
    assert kinds(explain(accsyn(known(desk), fault=fault))) == [Unreachable.kind]


def test_pause_here_and_the_jobs_that_stand_still_by_it_are_one_cause(desk: Desk) -> None:
    moving(desk, "c1")
    desk.outbox.control.pause("artist")

    found = explain(accsyn(known(desk, row(desk, "c1")), jobs={JOB_ID: Place("paused")}))

    assert kinds(found) == ["paused"]


def test_nobody_who_is_there_is_told_beside_the_rest_and_hides_nothing(desk: Desk, leader: ProcessLock) -> None:
    stuck(desk, "dead")
    desk.pending("p1", "p2")
    moving(desk, "m1")
    leader.release()

    found = explain(accsyn(known(desk), client_status="offline"))

    assert kinds(found) == ["nobody", "client", "refused"]
    assert [each.items for each in found] == [3, 3, 1]
    assert found[0].remedy == "Open one, or run: ftrack-accsyn drain."


def test_what_nothing_is_in_the_way_of_is_told_last(desk: Desk) -> None:
    stuck(desk, "dead")
    desk.pending("p1", "p2", "p3")

    assert [(each.kind, each.items) for each in explain(known(desk))] == [("refused", 1), ("moving", 3)]


def test_request_is_judged_by_its_own_items_alone(busy: Desk) -> None:
    found = explain(WRONG["job-paused"][0](known(busy, row(busy, "m1"), row(busy, "m2"))))

    assert [(each.kind, each.items) for each in found] == [("job-paused", 2)]


def test_items_of_another_studio_are_a_remark_and_not_said_to_be_on_their_way(desk: Desk) -> None:
    elsewhere = [desk.publication("b", server_url="https://b.ftrackapp.com", workspace="b")]
    desk.outbox.prepare(elsewhere, "owner")
    desk.outbox.activate(["b"], "l1")
    here = Studio("https://acme.test", "acme")
    situation = dataclasses.replace(
        known(desk), summary=status.summary(desk.outbox, here), alike=everything(desk.outbox, here)
    )

    assert [(each.kind, each.items) for each in explain(situation)] == [("other-studio", 1)]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many causes are looked at: fewer than elsewhere, so that too many are made in a moment."""
    for module in (groups, why):
        monkeypatch.setattr(module, "MOST", 50)
    return 50


def test_failures_that_name_their_own_path_are_one_group_however_many(desk: Desk, few: int) -> None:
    desk.pending(*(f"c{number}" for number in range(few + 10)))
    with desk.outbox._connections.writing() as connection:
        connection.execute(
            "UPDATE item SET state = 'needs-attention', cause_kind = 'refused', cause = 'Disk full (' || path || ').'"
        )

    (only,) = explain(known(desk))

    assert only.items == few + 10


def test_more_causes_than_are_looked_at_are_counted(desk: Desk, few: int) -> None:
    desk.pending(*(f"c{number}" for number in range(few + 10)))
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET state = 'needs-attention', cause_kind = 'refused', cause = 'No. ' || id")

    found = explain(known(desk))

    assert {each.kind: each.items for each in found}["more"] == 10
    assert sum(each.items for each in found) == few + 10


def test_failure_that_is_to_be_tried_again_is_not_said_to_want_a_retry(desk: Desk) -> None:
    moving(desk, "c1")
    item = desk.item("c1")
    cause = progress.cause(Trouble.FAILED, "a job", "E#J057 no")
    change = Change(item, State.NEEDS_ATTENTION, item.progress, Trouble.FAILED.value, cause, NOT_BY_ITSELF)
    desk.outbox.tracking.record([change])
    desk.outbox.control.retry()

    (only,) = explain(known(desk))

    assert only.sentence.endswith("it had stopped for this: accsyn could not transfer it: E#J057 no.")
