"""What is said of what stays behind on quitting, which has to be true."""

from __future__ import annotations

from typing import Any

from ftrack_accsyn_accessor.connect.leaving import Leaving, leaving
from ftrack_accsyn_accessor.insight.remarks import Remark, Topic
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox.control import Pause
from ftrack_accsyn_accessor.outbox.facts import Contact
from shown import NOW, summary

REFUSED = Contact(kind="unreachable", what="accsyn cannot be reached.", remedy="Check the network.")
THEIRS = "2 components wait for workspace b at https://b.test: they are sent when somebody logs in there."


def waiting(causes: tuple[str, ...] = (), **changes: Any) -> Leaving:
    return leaving(summary(counts={State.PENDING: 3}, **changes), causes)


def test_what_waits_is_said_to_be_sent_at_the_next_start() -> None:
    found = waiting()

    assert found.what == "3 published components have not been sent yet (3.0 kB)."
    assert "will be sent at the next start of Connect" in found.then


def test_nothing_is_promised_while_it_is_paused() -> None:
    found = waiting(paused=Pause("eva", NOW))

    assert "Syncing was paused by eva: nothing is sent, now or later, until somebody resumes." in found.then
    assert "next start" not in found.then


def test_what_is_in_the_way_is_named_and_only_a_try_is_promised() -> None:
    found = waiting(contact=REFUSED, causes=("Permission denied.", "accsyn cannot be reached."))

    assert "will be sent" not in found.then
    assert "Sending is tried again at the next start" in found.then
    assert found.then.count("accsyn cannot be reached.") == 1
    assert "- Permission denied." in found.then


def test_of_many_causes_three_are_told_and_the_others_counted() -> None:
    found = waiting(causes=tuple(f"Cause {number}." for number in range(5)))

    assert "- Cause 2.\n- 2 more: see the tab accsyn." in found.then
    assert "Cause 3" not in found.then


def test_what_waits_for_somebody_else_is_told_and_not_counted() -> None:
    remark = Remark(Topic.OTHER_STUDIO, "b", 2, THEIRS, "")

    found = waiting(pending_elsewhere=2, remarks=(remark,))

    assert found.what.startswith("1 published component has")
    assert found.then.endswith(THEIRS)


def test_pause_and_causes_are_both_told() -> None:
    found = waiting(paused=Pause("eva", NOW), contact=REFUSED)

    assert "paused by eva" in found.then
    assert "accsyn cannot be reached." in found.then
