"""What this machine knows of what is waited for: when that ends the wait, and what is told of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import pytest

from ftrack_accsyn_accessor.ftrack.registrations import AtLocation, Registrations
from ftrack_accsyn_accessor.insight import waiting
from ftrack_accsyn_accessor.insight.waiting import Outcome, Waited, Wanted
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, Endpoint, Item, Reason, Studio
from ftrack_accsyn_accessor.model.request import Request
from ftrack_accsyn_accessor.model.request import Wanted as Asked
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.facts import Link, keep
from making import publication

REFUSED = errors.FileChanged("send the files", "comp v001 main", "it was written to since", "Publish it again.")
AWAY = errors.Unreachable("reach accsyn", "acme", "connection refused", by_itself="It is tried again.")
HQ, SITE = Endpoint("acme", "hq-id", "studio.hq"), Endpoint("site=london", "london-id", "site.london")


class Ftrack:
    """What ftrack says is there; the answers come in turn, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, ...]] = [()]
        self.looks: list[Callable[[], Any]] = []
        self.wanted = ("c1",)

    def look(self) -> AtLocation:
        for each in self.looks:
            each()
        arrived = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return AtLocation(self.wanted, arrived)


@pytest.fixture
def ftrack(monkeypatch: pytest.MonkeyPatch) -> Ftrack:
    """Give an ftrack without a server: what it takes to ask one is tested elsewhere, here it is what follows."""
    found = Ftrack()
    monkeypatch.setattr(Registrations, "location_id", lambda self, name: "hq-id")
    monkeypatch.setattr(Registrations, "of_component", lambda self, component_id, location_id: found.look())
    monkeypatch.setattr(Registrations, "of_version", lambda self, version_id, location_id: found.look())
    return found


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    found = Outbox(tmp_path / "outbox.sqlite3")
    found.open()
    return found


class Clock:
    """Time that passes where something waits between two looks."""

    def __init__(self) -> None:
        self.now = 0.0
        self._main = threading.current_thread()

    def monotonic(self) -> float:
        return self.now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if threading.current_thread() is self._main:
            return event.wait(0.001)
        self.now += seconds
        return event.is_set()


def wait(outbox: Optional[Outbox], timeout_s: Optional[float] = None, **wanted: str) -> Waited:
    clock = Clock()
    asked = Wanted(wanted.get("component_id", "c1"), wanted.get("version_id", ""), "studio.hq")
    credentials = FtrackCredentials("https://acme.test", "artist", "key")
    return waiting.wait(credentials, asked, outbox, timeout_s, None, 30.0, clock.monotonic, clock.wait)


def published(outbox: Outbox, component_id: str = "c1") -> Item:
    outbox.enqueue([publication(f"{component_id}.mov", component_id=component_id)])
    return next(item for item in outbox.items() if item.publication.component_id == component_id)


def stuck(outbox: Outbox, component_id: str = "c1", next_try_at: float = NOT_BY_ITSELF) -> Item:
    item = published(outbox, component_id)
    outbox.needs_attention([item], REFUSED, next_try_at)
    return next(item for item in outbox.items() if item.publication.component_id == component_id)


def asked(outbox: Outbox, destination: Endpoint) -> Item:
    studio = Studio("https://acme.test", "acme")
    request = Request(Reason.SEND, studio, "artist", HQ, destination)
    (request_id,) = outbox.requests.write_all([(request, [Asked(publication("c1.mov", component_id="c1"))])])
    (item,) = outbox.requests.items(request_id)
    return item


def refuse() -> None:
    raise errors.RegistrationRefused("find the component in ftrack", "c1", "there is none", "Correct its id.")


def test_what_needs_attention_here_ends_the_wait_with_its_cause(ftrack: Ftrack, outbox: Outbox) -> None:
    stuck(outbox)

    waited = wait(outbox)

    assert waited.outcome is Outcome.ATTENTION
    assert "it was written to since. Publish it again." in waited.why
    assert [row.component_id for row in waited.rows] == ["c1"]


def test_what_comes_to_need_attention_meanwhile_ends_the_wait(ftrack: Ftrack, outbox: Outbox) -> None:
    item = published(outbox)
    ftrack.looks = [lambda: outbox.needs_attention([item], REFUSED, NOT_BY_ITSELF) if not ftrack.looks.clear() else 0]

    assert wait(outbox).outcome is Outcome.ATTENTION


def test_what_is_there_all_the_same_is_there(ftrack: Ftrack, outbox: Outbox) -> None:
    stuck(outbox)
    ftrack.answers = [("c1",)]

    assert wait(outbox).outcome is Outcome.THERE


def test_what_is_tried_again_at_once_is_waited_for(ftrack: Ftrack, outbox: Outbox) -> None:
    stuck(outbox)
    outbox.control.retry()
    ftrack.answers = [(), (), ("c1",)]

    assert wait(outbox).outcome is Outcome.THERE


def test_what_needs_attention_and_waits_for_accsyn_to_answer_is_waited_for(ftrack: Ftrack, outbox: Outbox) -> None:
    item = stuck(outbox)
    outbox.control.retry()
    (item,) = outbox.items()
    outbox.delay([item], AWAY, item.updated_at + 15)

    waited = wait(outbox, 60.0)

    assert waited.outcome is Outcome.TIMEOUT
    assert "connection refused" in waited.why


def test_what_is_tried_again_in_ten_minutes_needs_attention_now(ftrack: Ftrack, outbox: Outbox) -> None:
    item = published(outbox)
    outbox.needs_attention([item], REFUSED, item.updated_at + 600)

    assert wait(outbox).outcome is Outcome.ATTENTION


def test_what_was_withdrawn_here_ends_the_wait(ftrack: Ftrack, outbox: Outbox) -> None:
    outbox.withdraw([published(outbox)], "It was taken out of ftrack.")

    waited = wait(outbox)

    assert waited.outcome is Outcome.WITHDRAWN
    assert "taken out of ftrack" in waited.why


def test_what_was_forgotten_here_ends_the_wait(ftrack: Ftrack, outbox: Outbox) -> None:
    outbox.past.forget([stuck(outbox).id], "artist@blade")

    waited = wait(outbox, 60.0)

    assert waited.outcome is Outcome.WITHDRAWN
    assert "was forgotten on" in waited.why
    assert "by artist@blade" in waited.why


def test_one_of_a_version_that_was_forgotten_ends_the_wait_and_is_named(ftrack: Ftrack, outbox: Outbox) -> None:
    outbox.past.forget([stuck(outbox, "c2").id], "artist@blade")
    published(outbox, "c1")
    ftrack.wanted = ("c1", "c2")

    waited = wait(outbox, 60.0, version_id=publication("x.mov").version_id, component_id="")

    assert waited.outcome is Outcome.WITHDRAWN
    assert "by artist@blade" in waited.why


def test_what_was_forgotten_and_published_anew_is_waited_for(ftrack: Ftrack, outbox: Outbox) -> None:
    outbox.past.forget([stuck(outbox).id], "artist@blade")
    published(outbox)

    assert wait(outbox, 60.0).outcome is Outcome.TIMEOUT


def test_what_was_forgotten_on_its_way_elsewhere_is_not_what_is_waited_for(ftrack: Ftrack, outbox: Outbox) -> None:
    keep(outbox, Link(destination="site.london"))
    outbox.past.forget([stuck(outbox).id], "artist@blade")

    assert wait(outbox, 60.0).outcome is Outcome.TIMEOUT


def test_what_ftrack_has_no_more_and_was_withdrawn_here_is_withdrawn(ftrack: Ftrack, outbox: Outbox) -> None:
    outbox.withdraw([published(outbox)], "It was taken out of ftrack.")
    ftrack.looks = [refuse]

    assert wait(outbox, 60.0).outcome is Outcome.WITHDRAWN


def test_what_ftrack_has_not_and_nobody_here_knows_to_be_over_can_never_be(ftrack: Ftrack, outbox: Outbox) -> None:
    published(outbox)
    ftrack.looks = [refuse]

    with pytest.raises(errors.RegistrationRefused, match="there is none"):
        wait(outbox, 60.0)


def test_one_of_a_version_that_is_stuck_ends_the_wait_for_all(ftrack: Ftrack, outbox: Outbox) -> None:
    published(outbox, "c1")
    stuck(outbox, "c2")
    ftrack.wanted = ("c1", "c2")

    waited = wait(outbox, version_id=publication("x.mov").version_id, component_id="")

    assert waited.outcome is Outcome.ATTENTION


def test_what_is_stuck_on_its_way_elsewhere_is_not_what_is_waited_for(ftrack: Ftrack, outbox: Outbox) -> None:
    outbox.needs_attention([asked(outbox, SITE)], REFUSED, NOT_BY_ITSELF)

    waited = wait(outbox, 60.0)

    assert waited.outcome is Outcome.TIMEOUT
    assert waited.rows == []
    assert "Nothing on this machine carries it there." in waited.why


def test_a_publish_that_goes_elsewhere_is_not_what_is_waited_for(ftrack: Ftrack, outbox: Outbox) -> None:
    keep(outbox, Link(destination="site.london"))
    stuck(outbox)

    assert wait(outbox, 60.0).outcome is Outcome.TIMEOUT


def test_one_way_that_is_stuck_beside_one_that_goes_on_is_waited_for(ftrack: Ftrack, outbox: Outbox) -> None:
    stuck(outbox)
    asked(outbox, HQ)

    assert wait(outbox, 60.0).outcome is Outcome.TIMEOUT


def test_a_machine_without_an_outbox_waits_and_says_what_it_knows(ftrack: Ftrack) -> None:
    waited = wait(None, 60.0)

    assert waited.outcome is Outcome.TIMEOUT
    assert waited.why == "Nothing on this machine carries it there."
    ftrack.answers = [(), ("c1",)]
    assert wait(None).outcome is Outcome.THERE


def test_pause_is_told_as_what_holds_it_up(ftrack: Ftrack, outbox: Outbox) -> None:
    published(outbox)
    outbox.control.pause("artist@blade")

    waited = wait(outbox, 60.0)

    assert waited.outcome is Outcome.TIMEOUT
    assert "paused on this machine by artist@blade" in waited.why


def test_nobody_who_sends_is_told_as_what_holds_it_up(ftrack: Ftrack, tmp_path: Path) -> None:
    now = [1_790_000_000.0]
    outbox = Outbox(tmp_path / "outbox.sqlite3", lambda: now[0])
    outbox.open()
    published(outbox)
    now[0] += 60.0

    assert "No application with the plugin runs here" in wait(outbox, 60.0).why
