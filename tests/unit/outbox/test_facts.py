"""What the worker learns and keeps for others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.errors import NotReady, Unreachable
from ftrack_accsyn_accessor.outbox import facts
from ftrack_accsyn_accessor.outbox.facts import Contact, ContactLog, Link, kept
from unit.outbox.conftest import Desk

DOWN = Unreachable("submit", "acme", "connection refused", "Check the network.")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "outbox.sqlite3")
    yield made
    made.outbox.close()


def test_unknown_facts_are_empty(desk: Desk) -> None:
    assert kept(desk.outbox, Link) == Link()
    assert kept(desk.outbox, Contact) == Contact()


def test_fact_comes_back_as_it_was_kept(desk: Desk) -> None:
    endpoint = Link("acme", "artist@acme.test", "c" * 24, "ws1", "online", 5.0, "acme", "studio.hq")

    facts.keep(desk.outbox, endpoint)

    assert kept(desk.outbox, Link) == endpoint


def test_fact_from_a_newer_release_is_read_as_far_as_it_is_known(desk: Desk) -> None:
    desk.outbox.keep_fact(Link.NAME, '{"workspace": "acme", "something_new": 1}')

    assert kept(desk.outbox, Link) == Link("acme")


def test_known_fact_is_not_written_again(desk: Desk) -> None:
    facts.keep(desk.outbox, Link("acme"))
    other = Desk(desk.path).outbox
    seen = other.changes()

    facts.keep(desk.outbox, Link("acme"))

    assert other.changes() == seen
    facts.keep(desk.outbox, Link("other"))
    assert other.changes() != seen


def test_contact_is_noted_seldom_while_nothing_is_wrong(desk: Desk) -> None:
    contact = ContactLog(desk.outbox, desk.clock)
    contact.reached()
    first = kept(desk.outbox, Contact)

    desk.clock.now += 29
    contact.reached()
    assert kept(desk.outbox, Contact) == first == Contact(at=desk.clock.now - 29)

    desk.clock.now += 1
    contact.reached()
    assert kept(desk.outbox, Contact).at == desk.clock.now


def test_failure_tells_since_when_and_is_over_with_the_first_contact(desk: Desk) -> None:
    contact = ContactLog(desk.outbox, desk.clock)
    contact.reached()
    begun = desk.clock.now
    contact.failed(DOWN, 1.0)
    desk.clock.now += 10
    contact.failed(DOWN, 4.0)

    found = kept(desk.outbox, Contact)

    assert (found.kind, found.what, found.remedy) == ("unreachable", DOWN.what, DOWN.remedy)
    assert (found.at, found.since, found.next_try_at) == (begun, begun, begun + 14)
    contact.failed(NotReady("submit"), 60.0)
    assert kept(desk.outbox, Contact).since == begun + 10
    contact.reached()
    assert kept(desk.outbox, Contact) == Contact(at=begun + 10)


def test_failure_seen_by_another_process_keeps_its_beginning(desk: Desk) -> None:
    ContactLog(desk.outbox, desk.clock).failed(DOWN, 1.0)
    begun = desk.clock.now
    desk.clock.now += 60

    ContactLog(desk.outbox, desk.clock).failed(DOWN, 1.0)

    assert kept(desk.outbox, Contact).since == begun


def test_clock_set_back_does_not_silence_the_contact(desk: Desk) -> None:
    contact = ContactLog(desk.outbox, desk.clock)
    contact.reached()
    desk.clock.now -= 3600

    contact.reached()

    assert kept(desk.outbox, Contact).at == desk.clock.now
