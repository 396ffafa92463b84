"""A preview is confirmed once, by whoever saw it, within its time; everything else is refused."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.actions import kept
from ftrack_accsyn_accessor.actions.kept import Fit, Found, KeptPlans
from ftrack_accsyn_accessor.model.item import NOWHERE, Kind, Publication, Reason, StagedFile, Studio
from ftrack_accsyn_accessor.model.plan import Fate, Plan, Planned
from ftrack_accsyn_accessor.model.request import Wanted
from ftrack_accsyn_accessor.send.asking import Requester
from ftrack_accsyn_accessor.send.order import Order

ANA, BEN = Requester("ana", "u1"), Requester("ben", "u2")
ORDER = Order(Reason.SEND)
Kept = KeptPlans[Order, Plan]
PLANS = [Plan(Reason.SEND, Studio("https://acme.test", "acme"), NOWHERE, NOWHERE, ())]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plans(clock: Clock) -> Kept:
    return KeptPlans(clock)


def test_a_plan_is_taken_once_and_then_known_as_its_requests(plans: Kept) -> None:
    name = plans.keep(ANA, ORDER, PLANS)

    assert plans.take(name, ANA) == Found(Fit.VALID, ORDER, PLANS)
    assert plans.take(name, ANA).fit is Fit.USED  # while it is written
    plans.confirmed(name, [7])
    assert plans.take(name, ANA) == Found(Fit.USED, requests=[7])


def test_somebody_elses_plan_is_as_unknown_as_one_that_never_was(plans: Kept) -> None:
    name = plans.keep(ANA, ORDER, PLANS)

    assert plans.take(name, BEN) == plans.take("made-up", BEN) == Found(Fit.UNKNOWN)
    assert plans.take(name, ANA).fit is Fit.VALID


def test_a_plan_that_could_not_be_written_may_be_confirmed_again(plans: Kept) -> None:
    name = plans.keep(ANA, ORDER, PLANS)
    plans.take(name, ANA)

    plans.give_back(name)

    assert plans.take(name, ANA).fit is Fit.VALID


def test_an_expired_plan_is_not_confirmed_but_its_order_is_known(plans: Kept, clock: Clock) -> None:
    name = plans.keep(ANA, ORDER, PLANS)

    clock.now = kept.VALID_S
    assert plans.take(name, ANA) == Found(Fit.EXPIRED, ORDER)
    clock.now = kept.KNOWN_S
    assert plans.take(name, ANA).fit is Fit.UNKNOWN


def test_the_oldest_plans_expire_early_when_there_are_too_many(plans: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    names = [plans.keep(ANA, ORDER, PLANS) for _ in range(5)]

    assert [plans.take(name, ANA).fit for name in names] == [Fit.EXPIRED] * 2 + [Fit.VALID] * 3


def test_the_oldest_plans_expire_early_when_they_hold_too_many_files(
    plans: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "show/a.mov"
    files = tuple(StagedFile(f"{path}{number}", 1, 0) for number in range(10))
    ends = ("l1", "studio.hq", "https://acme.test", "ana", "p", "show", "v", "plate")
    many = Wanted(Publication("c", "main", Kind.FILE, path, *ends, files))
    large = [Plan(Reason.SEND, Studio("https://acme.test", "acme"), NOWHERE, NOWHERE, (Planned(many, Fate.GOES),))]
    monkeypatch.setattr(kept, "MOST_FILES", 25)

    names = [plans.keep(ANA, ORDER, large) for _ in range(4)]

    assert [plans.take(name, ANA).fit for name in names] == [Fit.EXPIRED] * 2 + [Fit.VALID] * 2


def test_names_are_as_many_as_there_are_plans_and_cannot_be_guessed(plans: Kept) -> None:
    names = {plans.keep(ANA, ORDER, PLANS) for _ in range(50)}
    assert len(names) == 50
    assert min(map(len, names)) >= 32
