"""What the tab says of items."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.connect import heading, shapes
from ftrack_accsyn_accessor.connect.shapes import Column, Tone
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.settings import Settings
from shown import NOW, SETTINGS, row


def facts(given: Summary, settings: Settings = SETTINGS) -> dict[str, str]:
    return {each.name: each.value for each in heading.head(given, settings, NOW).surroundings}


JOB_PAUSED = {
    "cause_kind": "paused",
    "cause": 'The sync job "a job" is paused in accsyn.',
    "remedy": "Resume the job in accsyn.",
}
OTHER_STUDIO = {"cause_kind": "other-studio", "cause": "It waits for workspace b."}


# Lines.


def test_line_says_what_every_column_shows() -> None:
    line = shapes.line(row(), paused=False)

    shown = {column.title: line.text(column) for column in Column}

    assert shown == {
        "Component": "main",
        "Project": "show_a",
        "Files": "120 / 240",
        "Size": "4.0 GB",
        "State": "Transferring",
        "Progress": "50%",
        "Time left": "2 min",
    }
    assert line.belongs_to == "plate v003 · sq010/sh010"


@pytest.mark.parametrize(
    ("changes", "paused", "state", "tone"),
    [
        ({"state": State.PREPARED}, False, "Registering", Tone.WAITING),
        ({"state": State.PENDING}, False, "Waiting", Tone.WAITING),
        ({"state": State.PENDING}, True, "Paused", Tone.HELD),
        ({"state": State.PENDING, "cause": "No answer."}, False, "Delayed", Tone.HELD),
        ({"state": State.SUBMITTED}, False, "Queued", Tone.BUSY),
        ({"state": State.SUBMITTED, **JOB_PAUSED}, False, "Paused", Tone.HELD),
        ({"state": State.TRANSFERRING, **JOB_PAUSED}, True, "Paused", Tone.HELD),
        ({"state": State.TRANSFERRING, "cause": "Nobody knows its size."}, False, "Delayed", Tone.HELD),
        ({"state": State.TRANSFERRING}, True, "Transferring", Tone.BUSY),
        ({"state": State.SYNCED}, False, "Synced", Tone.GOOD),
        ({"state": State.NEEDS_ATTENTION, "cause": "It failed."}, True, "Needs attention", Tone.BAD),
        ({"state": State.WITHDRAWN, "cause": "Nobody wants it."}, True, "Withdrawn", Tone.WAITING),
        ({"state": State.PENDING, **OTHER_STUDIO}, True, "Other studio", Tone.HELD),
        ({"state": State.PREPARED, **OTHER_STUDIO}, False, "Other studio", Tone.HELD),
        ({"state": State.SUBMITTED, **OTHER_STUDIO}, False, "Queued", Tone.BUSY),
    ],
)
def test_state_is_one_word_with_a_tone(changes: dict[str, Any], paused: bool, state: str, tone: Tone) -> None:
    line = shapes.line(row(**changes), paused)

    assert (line.state, line.tone) == (state, tone)


def test_pause_that_the_head_tells_is_not_told_as_one_in_accsyn() -> None:
    given = row(state=State.TRANSFERRING, **JOB_PAUSED)

    here, there = shapes.line(given, paused=True), shapes.line(given, paused=False)

    assert (here.cause, here.reason, here.remedy) == ("", "", "")
    assert (there.cause, there.remedy) == (JOB_PAUSED["cause"], "Resume the job in accsyn.")


@pytest.mark.parametrize(
    ("changes", "percent"),
    [
        ({"state": State.PENDING, "done_bytes": 0, "percent": 0}, None),
        ({"state": State.NEEDS_ATTENTION, "done_bytes": 0, "percent": 0}, None),
        ({"state": State.SUBMITTED, "done_bytes": 0, "percent": 0}, 0),
        ({"state": State.NEEDS_ATTENTION, "done_bytes": 5, "percent": 12}, 12),
        ({"state": State.SYNCED, "percent": 100}, 100),
        ({"state": State.WITHDRAWN, "done_bytes": 5, "percent": 0}, None),
    ],
)
def test_progress_is_shown_only_where_something_has_moved_or_may_move(changes: dict[str, Any], percent: object) -> None:
    assert shapes.line(row(**changes), paused=False).percent == percent


@pytest.mark.parametrize(
    ("changes", "failed", "retryable"),
    [
        ({"state": State.NEEDS_ATTENTION}, True, True),
        ({"state": State.PENDING, "next_try_at": NOW + 9}, False, True),
        ({"state": State.PENDING}, False, False),
        ({"state": State.TRANSFERRING}, False, False),
    ],
)
def test_only_what_waits_for_help_or_a_time_can_be_retried(
    changes: dict[str, Any], failed: bool, retryable: bool
) -> None:
    line = shapes.line(row(**changes), paused=False)

    assert (line.failed, line.retryable) == (failed, retryable)


def test_cause_and_remedy_are_the_tip_of_a_failed_row() -> None:
    line = shapes.line(row(state=State.NEEDS_ATTENTION, cause="No space.", remedy="Free some."), paused=False)

    assert line.tip(Column.STATE) == "No space. Free some."
    assert line.tip(Column.COMPONENT).splitlines() == [
        "main · plate v003 · sq010/sh010 · show_a",
        "No space. Free some.",
        "show_a/sq010/sh010/plate/v003/main.%04d.exr",
    ]
    assert line.tip(Column.SIZE) == ""


def test_screen_readers_hear_what_matters_in_one_sentence() -> None:
    line = shapes.line(row(state=State.NEEDS_ATTENTION, cause="No space.", percent=50), paused=False)

    assert line.spoken == "main, plate v003 · sq010/sh010, show_a, Needs attention, 50%, No space."


def test_what_stays_of_an_earlier_content_is_told_beside_the_row() -> None:
    line = shapes.line(row(state=State.SYNCED, left_over="2 files stay."), paused=False)

    assert (line.notes, line.cause) == ("2 files stay.", "")
    assert line.tip(Column.STATE) == "2 files stay."
    assert line.spoken.endswith("2 files stay.")
