"""Several at once move items into the archive, bring them back, and look: none is lost, and each is told once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox, moving
from unit.outbox.archiving import NAMES, archive, archived, arrive, left, old
from unit.outbox.conftest import Desk

__all__ = ["old"]

MOVE = """
import sys
from pathlib import Path
from ftrack_accsyn_accessor.outbox import Outbox, moving
moving.COPIED_AT_ONCE, moving.TAKEN_AT_ONCE, moving.PAUSE_S = 7, 3, 0.0
outbox = Outbox(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
while outbox.moving.step(float(sys.argv[2])):
    pass
outbox.close()
"""


def test_two_processes_move_at_once_while_a_third_publishes_anew(
    desk: Desk, start: Callable[..., Any], finish: Callable[..., str]
) -> None:
    names = [f"n{number:03d}" for number in range(120)]
    arrive(desk, *names)
    movers = [start(MOVE, desk.path, desk.clock.now) for _ in range(2)]
    assert [each.stdout.readline() for each in movers] == ["ready\n"] * 2
    for each in movers:
        each.stdin.write("go\n")
        each.stdin.flush()
    for name in names[::6]:
        desk.prepare(name)
    for each in movers:
        finish(each)

    found = {name: desk.outbox.survey.of_component(name) for name in names}
    assert {name: len(items) for name, items in found.items()} == dict.fromkeys(names, 1)
    for name in names[::6]:
        assert (found[name][0].item.state, found[name][0].values["contents"]) == (State.PREPARED, 2)
        assert found[name][0].values["stale_at"] == "loc-hq"
    archive(desk)
    assert left(desk.outbox) == names[::6]


def test_what_one_drops_from_the_archive_nobody_takes_out_of_the_outbox_meanwhile(
    old: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """It came back, and would leave again between the two."""
    archive(old)
    path = old.outbox.archive.path()
    assert path is not None
    with moving.archiving.alone(path):
        other = Outbox(old.path, old.clock)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ftrack_accsyn_accessor.outbox.archive.BUSY_S", 0.0)
            other.requests.staged(old.publication("c1"))  # brings it back, and drops nothing
            with pytest.raises(errors.OutboxError):
                other.moving.step(old.clock.now)
        other.close()
    assert [each for each in caplog.records if each.levelname == "WARNING"] == []  # nobody has to do anything
    assert left(old.outbox) == ["c1"]
    assert archived(old.outbox) == NAMES
    assert len(old.outbox.survey.of_component("c1")) == 1


def test_what_comes_back_and_moves_again_before_it_was_dropped_stays_in_the_archive(old: Desk) -> None:
    archive(old)
    drop = old.outbox.archive.drop

    def late(*arguments: Any, **named: Any) -> None:
        archive(old)
        drop(*arguments, **named)

    old.outbox.archive.drop = late  # type: ignore[method-assign]
    old.outbox.requests.staged(old.publication("c1"))

    assert (left(old.outbox), archived(old.outbox)) == ([], NAMES)


def test_what_is_just_being_moved_when_somebody_asks_for_it_stays_in_the_archive(old: Desk) -> None:
    asking = threading.Thread(target=lambda: Outbox(old.path, old.clock).requests.staged(old.publication("c1")))
    keep, alone, waits = old.outbox.archive.keep, moving.archiving.alone, threading.Event()

    def asked(*arguments: Any) -> None:
        keep(*arguments)
        if not asking.ident:
            asking.start()
            assert waits.wait(30)

    def noted(path: Path) -> Any:
        if threading.current_thread() is asking:
            waits.set()
        return alone(path)

    old.outbox.archive.keep = asked  # type: ignore[method-assign]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving.archiving, "alone", noted)
        archive(old)
        asking.join()

    assert (left(old.outbox), archived(old.outbox)) == ([], NAMES)


def test_what_moves_between_the_look_and_the_transaction_is_looked_for_again(old: Desk) -> None:
    related, seen = old.outbox.archive.related, []

    def late(*arguments: Any) -> Any:
        found = related(*arguments)
        if not seen:
            seen.append(found)
            archive(old)
        return found

    old.outbox.archive.related = late  # type: ignore[method-assign]
    arrive(old, "begun")
    archive(old, days=29.0)
    old.prepare("c1")
    (found,) = old.outbox.survey.of_component("c1")
    assert (found.item.state, found.values["contents"]) == (State.PREPARED, 2)


@pytest.mark.parametrize(
    ("look", "then"),
    [
        ("newest", lambda outbox: outbox.survey.page((), "", 100, 0)),
        ("of_component", lambda outbox: outbox.survey.of_component("c1")),
        ("of_version", lambda outbox: outbox.survey.of_version("v1")),
        ("latest", lambda outbox: outbox.survey.latest(100)),
    ],
)
def test_what_moves_between_two_looks_is_told_once(old: Desk, look: str, then: Callable[[Outbox], Any]) -> None:
    arrive(old, "older", days_ago=60.0)
    archive(old, days=50.0)
    before = [each.values["id"] for each in then(old.outbox)]
    original = getattr(old.outbox.archive, look)

    def late(*arguments: Any) -> Any:
        archive(old)
        return original(*arguments)

    setattr(old.outbox.archive, look, late)
    assert [each.values["id"] for each in then(old.outbox)] == before
