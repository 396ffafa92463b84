"""People with a location of their own are sent what belongs to the tasks that are assigned to them, once."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.actions import assigned
from ftrack_accsyn_accessor.actions.assigned import Assigned, Wish
from ftrack_accsyn_accessor.actions.office import Office
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.plan import Fate
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.worker.runtime import open_outside
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import Publisher
from serving import Planning, Serving

EMAIL = "artist@acme.test"


class Watch:
    """Looks at assignments when a test says so."""

    def __init__(self, studio: Studio, planned: Planning) -> None:
        self.studio = studio
        self.store = studio.ftrack.store
        self.planned = planned
        self.place = self.store.create("Location", name=EMAIL)["id"]
        credentials = environment.ftrack_credentials()
        settings = environment.read_settings()
        runtime = open_outside(settings, credentials, environment.read_settings)
        self.outbox: Outbox = runtime.outbox
        self.office = Office(lambda: runtime, credentials, environment.read_settings, everybody=True)
        self.watch = self.new()

    def new(self) -> Assigned:
        """Return one as a service that was just started has it."""
        return Assigned(self.outbox, lambda: self.office, Wish(("main",)), "admin")

    def look(self) -> bool:
        return self.watch.look(self.office)

    def assign(self, task: str, resource: str = "artist", kind: str = "assignment") -> str:
        data = {"context_id": self.studio.ids[task], "resource_id": self.studio.ids[resource], "type": kind}
        return str(self.store.create("Appointment", **data)["id"])

    @property
    def sent(self) -> list[str]:
        """What was asked for, the first first."""
        standings = reversed(self.outbox.requests.latest(50))
        return [self.outbox.requests.items(each.id)[0].publication.component_id for each in standings]

    @property
    def everything(self) -> list[str]:
        """What is in any request."""
        return [item.publication.component_id for item in self.outbox.items()]


@pytest.fixture
def watch(studio: Studio, publisher: Publisher, planned: Planning) -> Iterator[Watch]:
    publisher.environment(**studio.environment("admin"))
    planned.destination = EMAIL
    found = Watch(studio, planned)
    found.look()
    yield found
    found.office.close()


def test_what_was_assigned_before_anybody_wanted_it_sent_is_not_sent(watch: Watch) -> None:
    assert watch.store.find("Appointment", resource_id=watch.studio.ids["artist"])
    assert watch.sent == []


def test_the_parent_of_an_assigned_task_is_sent_once_to_the_location_of_the_user(watch: Watch) -> None:
    watch.assign("show_a/sq010/sh020/Lighting")

    assert watch.look()
    assert watch.look()

    shot = watch.studio.ids["show_a/sq010/sh020"]
    assert watch.sent == [shot]
    (order,) = watch.planned.orders
    assert (order.source, order.destination, order.components) == ("hq", watch.place, ("main",))
    assert order.latest_only
    (standing,) = watch.outbox.requests.latest(5)
    assert (standing.request.username, standing.request.user_id) == ("artist", watch.studio.ids["artist"])


def test_tasks_that_are_assigned_together_are_one_request_of_their_user(watch: Watch) -> None:
    shots = ["show_a/sq010/sh020", "show_a/sq010/sh030", "show_b/sq010/sh010"]
    for shot in shots:
        watch.assign(f"{shot}/Lighting")
    watch.assign(f"{shots[0]}/Compositing")

    assert watch.look()

    (standing,) = watch.outbox.requests.latest(5)
    assert standing.items == len(shots)


def test_what_may_not_be_seen_keeps_nothing_else_from_being_sent(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    watch.assign("show_p/sq010/sh010/Lighting")
    watch.assign("show_a/sq010/sh020/Lighting")

    assert watch.look()
    assert watch.look()

    assert watch.sent == [watch.studio.ids["show_a/sq010/sh020"]]
    assert caplog.text.count("private project") == 1


def test_what_was_assigned_while_no_service_ran_is_sent_by_the_next_one(watch: Watch) -> None:
    watch.assign("show_a/sq010/sh020/Lighting")
    watch.watch = watch.new()

    watch.look()

    assert len(watch.sent) == 1


def test_a_service_that_was_killed_before_it_noted_what_it_had_sent_sends_nothing_twice(watch: Watch) -> None:
    seen = watch.outbox.fact(assigned.SEEN)
    watch.assign("show_a/sq010/sh020/Lighting")
    watch.look()
    assert seen is not None
    watch.outbox.keep_fact(assigned.SEEN, seen)

    watch.new().look(watch.office)

    assert len(watch.sent) == 1


def test_taking_a_task_away_does_nothing_and_assigning_it_anew_asks_again(watch: Watch) -> None:
    first = watch.assign("show_a/sq010/sh020/Lighting")
    watch.look()
    watch.store.delete("Appointment", first)
    watch.look()
    assert len(watch.sent) == 1

    watch.assign("show_a/sq010/sh020/Lighting")
    watch.look()

    assert len(watch.planned.orders) == 2  # what is there, or on its way, does not go again: the plan says so


def test_a_task_of_a_group_is_a_task_of_each_member_that_has_a_location(watch: Watch) -> None:
    ids = watch.studio.ids
    watch.store.create("Membership", group_id=ids["artists"], user_id=ids["admin"])

    watch.assign("show_a/sq010/sh020/Lighting", "artists")
    watch.look()

    assert watch.sent == [ids["show_a/sq010/sh020"]]


@pytest.mark.parametrize(
    ("task", "resource", "kind"),
    [("show_a/sq010/sh020/Lighting", "admin", "assignment"), ("show_a", "artist", "allocation")],
    ids=["who has no location", "a project's team"],
)
def test_nothing_is_sent_for(watch: Watch, task: str, resource: str, kind: str) -> None:
    watch.assign(task, resource, kind)
    watch.look()
    assert watch.sent == []


def test_a_task_of_the_whole_project_sends_nothing(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ids = watch.studio.ids
    ids["task"] = watch.store.create("Task", name="all", parent_id=ids["show_a"], type_id=ids["type:Animation"])["id"]
    watch.assign("task")

    assert watch.look()

    assert watch.sent == []
    assert "a whole project" in caplog.text


def test_who_may_not_see_the_project_is_sent_nothing(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    watch.assign("show_p/sq010/sh010/Lighting")

    assert watch.look()

    assert watch.sent == []
    assert "private project" in caplog.text


def test_what_cannot_be_planned_is_tried_again_and_holds_nothing_else_up(watch: Watch) -> None:
    watch.assign("show_a/sq010/sh020/Lighting")
    watch.planned.fault = errors.Unreachable("reach accsyn")
    assert not watch.look()
    watch.planned.fault = None

    assert watch.look()

    assert len(watch.sent) == 1


def test_what_cannot_go_yet_goes_when_it_can_and_what_went_with_it_does_not_go_again(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    first, later = (watch.studio.ids[f"show_a/sq010/{shot}"] for shot in ("sh020", "sh030"))
    stuck = {later}
    carried = Fate.ON_ITS_WAY, Fate.GOES
    watch.planned.fate = lambda each: Fate.CANNOT if each in stuck else carried[each not in watch.everything]
    for shot in ("sh020", "sh030"):
        watch.assign(f"show_a/sq010/{shot}/Lighting")

    assert watch.look()
    assert watch.look()  # nothing went wrong: it is looked as often as ever
    assert watch.everything == [first]
    assert caplog.text.count("It is not there.") == 1

    watch.watch = watch.new()
    watch.look()
    assert watch.everything == [first]

    stuck.clear()
    assert watch.look()
    assert sorted(watch.everything) == sorted([first, later])
    orders = len(watch.planned.orders)
    watch.look()
    assert len(watch.planned.orders) == orders


def test_only_the_assignment_of_which_something_cannot_go_is_looked_at_again(watch: Watch) -> None:
    ids = watch.studio.ids
    carried = Fate.ON_ITS_WAY, Fate.GOES
    watch.planned.fate = lambda each: (
        Fate.CANNOT if each == ids["show_a/sq010/sh030"] else carried[each not in watch.everything]
    )
    for shot in ("sh010", "sh020", "sh030"):
        watch.assign(f"show_a/sq010/{shot}/Compositing")
    watch.look()
    watch.planned.orders.clear()

    watch.look()

    (order,) = watch.planned.orders
    assert [each.entity_id for each in order.picked] == [ids["show_a/sq010/sh030"]]


def test_a_service_hears_of_an_assignment_and_sends(
    studio: Studio, publisher: Publisher, planned: Planning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assigned, "SETTLE_S", 0.01)
    publisher.environment(**studio.environment("admin"))
    planned.destination = EMAIL
    studio.ftrack.store.create("Location", name=EMAIL)
    service = Serving(Wish())
    service.start(studio)
    try:
        wait_until(lambda: service.outbox.fact(assigned.SEEN) is not None)
        task, user = studio.ids["show_a/sq010/sh020/Lighting"], studio.ids["artist"]
        with studio.ftrack.store.transaction(studio.ids["producer"]):
            studio.ftrack.store.create("Appointment", context_id=task, resource_id=user, type="assignment")

        wait_until(lambda: service.outbox.requests.latest(1), what="the request")
    finally:
        service.end()
