"""What the tab says of the machine, and where there is nothing to show."""

from __future__ import annotations

import dataclasses

import pytest

from ftrack_accsyn_accessor.connect import heading, shapes
from ftrack_accsyn_accessor.connect.shapes import Filter, Tone
from ftrack_accsyn_accessor.insight.leading import ENDED, ENDED_REMEDY
from ftrack_accsyn_accessor.insight.remarks import Remark, Topic
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.settings import Problem, Settings, read
from ftrack_accsyn_accessor.outbox.control import Pause
from ftrack_accsyn_accessor.outbox.facts import Contact, Link
from shown import NOW, SETTINGS, summary


def facts(given: Summary, settings: Settings = SETTINGS) -> dict[str, str]:
    return {each.name: each.value for each in heading.head(given, settings, NOW).surroundings}


OTHER_STUDIO = {"cause_kind": "other-studio", "cause": "It waits for workspace b."}


def test_head_names_workspace_machine_staging_area_and_destination() -> None:
    assert facts(summary()) == {
        "Workspace": "acme · artist@acme.test",
        "This machine": "ws1 · accsyn client online",
        "Staging": "/data/projects · 80.0 GB free",
        "Destination": "studio.hq (acme)",
    }


def test_what_accsyn_has_not_been_asked_yet_is_said_to_be_so() -> None:
    shown = facts(summary(endpoint=Link(), destination="", staging_path=""))

    assert shown == {
        "Workspace": "acme · artist@acme.test",
        "This machine": "accsyn is asked at the first publish",
        "Staging": "/data/projects · 80.0 GB free",
        "Destination": "known after the first publish",
    }


def test_missing_settings_are_said_to_be_not_set() -> None:
    shown = facts(summary(endpoint=Link()), Settings(staging_path="/data/projects"))

    assert shown["Workspace"] == "not set · not set"


def test_vanished_staging_area_is_named() -> None:
    shown = facts(summary(staging_present=False, free_bytes=None))

    assert shown["Staging"] == "/data/projects · not there; is its disk plugged in?"


def test_application_whose_worker_has_ended_says_so_in_its_head() -> None:
    ended = summary(counts={State.PENDING: 1}, unattended=True, problem=ENDED, problem_remedy=ENDED_REMEDY)

    shown = heading.head(ended, SETTINGS, NOW)

    assert (shown.problem, shown.remedy) == (ENDED, "Restart this application.")


OTHERS = Remark(Topic.OTHER_STUDIO, "b", 2, "2 components wait for b.", "")
UNQUEUED = Remark(Topic.UNQUEUED, "/data", 1, "1 component could not be queued.", "Wait.")
AREA = Remark(Topic.OTHER_AREA, "/old", 3, "3 components are in /old.", "Plug it in.")
EARLIER = Remark(Topic.EARLIER, "/data/x.sqlite3", 0, "It is in use.", "Wait.")


@pytest.mark.parametrize(
    ("given", "sentence", "tone"),
    [
        (summary(), "Nothing to sync", Tone.WAITING),
        (summary(counts={State.SYNCED: 3}), "Everything has arrived", Tone.GOOD),
        (summary(counts={State.SYNCED: 3}, forgotten=2), "All has arrived but for 2 forgotten", Tone.WAITING),
        (summary(counts={State.PENDING: 1200}), "1,200 waiting", Tone.WAITING),
        (summary(counts={State.PENDING: 1, State.TRANSFERRING: 2}), "2 on the way · 1 waiting", Tone.BUSY),
        (summary(counts={State.NEEDS_ATTENTION: 1, State.SYNCED: 9}), "1 needs attention", Tone.BAD),
        (
            summary(counts={State.NEEDS_ATTENTION: 2, State.SUBMITTED: 1}),
            "2 need attention · 1 on the way",
            Tone.BAD,
        ),
        (summary(counts={State.PENDING: 1}, resuming=True), "Resuming", Tone.HELD),
        (summary(counts={State.WITHDRAWN: 2}), "Nothing to sync", Tone.WAITING),
        (summary(counts={State.WITHDRAWN: 2, State.SYNCED: 1}), "Everything has arrived", Tone.GOOD),
        (
            summary(counts={State.PENDING: 3}, pending_elsewhere=2, remarks=(OTHERS,)),
            "1 waiting · 2 for another studio",
            Tone.HELD,
        ),
        (summary(all_arrived=False, remarks=(UNQUEUED,)), "1 not queued", Tone.HELD),
        (
            summary(counts={State.SYNCED: 1}, all_arrived=False, remarks=(AREA, UNQUEUED)),
            "1 not queued · 3 in another staging area",
            Tone.HELD,
        ),
        (
            summary(counts={State.SYNCED: 1}, all_arrived=False, remarks=(EARLIER,)),
            "Not everything here is known to have arrived",
            Tone.HELD,
        ),
    ],
)
def test_head_says_how_things_stand(given: Summary, sentence: str, tone: Tone) -> None:
    head = heading.head(given, SETTINGS, NOW)

    assert (head.sentence, head.tone) == (sentence, tone)


@pytest.mark.parametrize(("pausing", "word"), [(True, "Pausing"), (False, "Paused")])
def test_pause_is_named_with_who_and_when(pausing: bool, word: str) -> None:
    head = heading.head(summary(paused=Pause("artist", NOW), pausing=pausing), SETTINGS, NOW)

    assert head.paused
    assert head.sentence == f"{word} by artist since {shapes.moment_text(NOW)}"


def test_bytes_speed_and_time_left_stand_beside_what_is_on_its_way() -> None:
    given = summary(counts={State.TRANSFERRING: 1}, speed_bytes_per_s=2e6, time_left_s=90.0)

    head = heading.head(given, SETTINGS, NOW)

    assert head.detail == "1.0 MB of 4.0 MB · 2.0 MB/s · 2 min left"
    assert head.percent == 25


def test_nothing_on_its_way_has_no_bar() -> None:
    head = heading.head(summary(counts={State.SYNCED: 1, State.NEEDS_ATTENTION: 1}), SETTINGS, NOW)

    assert (head.detail, head.percent) == ("", None)


def test_unsent_counts_what_would_stay_behind_on_quitting() -> None:
    given = summary(counts={State.PREPARED: 1, State.PENDING: 2, State.SUBMITTED: 4, State.NEEDS_ATTENTION: 8})

    head = heading.head(given, SETTINGS, NOW)

    assert (head.leaving.unsent, head.leaving.unsent_bytes) == (3, 3000)


def test_what_another_studio_has_to_send_is_not_asked_about_on_quitting() -> None:
    given = summary(counts={State.PENDING: 3}, pending_elsewhere=2, unsent_bytes=1000)

    head = heading.head(given, SETTINGS, NOW)

    assert (head.leaving.unsent, head.leaving.unsent_bytes) == (1, 1000)


def test_remarks_are_told_with_what_to_do() -> None:
    head = heading.head(summary(remarks=(UNQUEUED, AREA)), SETTINGS, NOW)

    assert head.remarks == ("1 component could not be queued. Wait.", "3 components are in /old. Plug it in.")
    assert head.empty.title == "Nothing is in this staging area's queue"


def test_problem_of_the_connection_is_shown_only_while_something_waits_for_it() -> None:
    contact = Contact(kind="unreachable", what="accsyn cannot be reached.", remedy="Check the network.")

    waiting = heading.head(summary(counts={State.PENDING: 1}, contact=contact), SETTINGS, NOW)
    idle = heading.head(summary(counts={State.SYNCED: 1}, contact=contact), SETTINGS, NOW)

    assert (waiting.problem, waiting.remedy) == ("accsyn cannot be reached.", "Check the network.")
    assert idle.problem == ""


def test_every_filter_counts_its_states() -> None:
    counts = {State.NEEDS_ATTENTION: 1, State.SUBMITTED: 2, State.TRANSFERRING: 3, State.PENDING: 4, State.SYNCED: 5}
    counts[State.WITHDRAWN] = 6

    head = heading.head(summary(counts=counts), SETTINGS, NOW)

    assert dict(head.counts) == {
        Filter.ALL: 21,
        Filter.ATTENTION: 1,
        Filter.MOVING: 5,
        Filter.PENDING: 4,
        Filter.SYNCED: 5,
        Filter.WITHDRAWN: 6,
    }


def test_every_state_is_in_exactly_one_filter_besides_all() -> None:
    states = [state for choice in Filter for state in choice.states]

    assert sorted(states) == sorted(State)


# Where there is no row.


def test_empty_outbox_explains_what_fills_it() -> None:
    empty = heading.head(summary(), SETTINGS, NOW).empty

    assert empty.title == "Nothing has been published from this machine yet"
    assert "artist.ws1" in empty.text
    assert "/data/projects" in empty.text
    assert "studio.hq" in empty.text


def test_machine_without_staging_path_is_told_which_variable_to_set() -> None:
    empty = heading.no_staging(read({}))

    assert empty is not None
    assert empty.title == "This is no staging machine"
    assert empty.text.startswith("ACCSYN_PROJECTS_PATH is not set")


def test_unusable_staging_path_is_named_with_its_remedy() -> None:
    current = read({"ACCSYN_PROJECTS_PATH": "relative/path"})

    empty = heading.no_staging(current)

    assert empty is not None
    assert "'relative/path' is not an absolute path" in empty.text


def test_switched_off_plugin_says_so() -> None:
    empty = heading.no_staging(dataclasses.replace(SETTINGS, disabled=True))

    assert empty is not None
    assert "FTRACK_ACCSYN_DISABLE" in empty.text


def test_problems_of_other_variables_do_not_hide_the_staging_area() -> None:
    problem = Problem("ACCSYN_API_KEY", "is not set.", "Set it.")

    assert heading.no_staging(dataclasses.replace(SETTINGS, problems=(problem,))) is None


# What is wrong with everything.


def test_settings_problems_are_told_at_once_and_all_of_them() -> None:
    problems = (Problem("ACCSYN_API_KEY", "is not set.", "Set it."), Problem("X", "is no number.", "Correct it."))

    head = heading.head(summary(), dataclasses.replace(SETTINGS, problems=problems), NOW)

    assert "ACCSYN_API_KEY: is not set. Set it." in head.problem
    assert "X: is no number. Correct it." in head.problem


def test_nobody_there_to_send_is_what_is_wrong_with_everything() -> None:
    given = summary(
        counts={State.PENDING: 1},
        unattended=True,
        problem="Nobody is there to send.",
        problem_remedy="Open one.",
        contact=Contact(what="Could not look for it: connection refused."),
    )

    head = heading.head(given, SETTINGS, NOW)

    assert (head.problem, head.remedy) == ("Nobody is there to send.", "Open one.")
    assert head.leaving.causes[0] == "Nobody is there to send."


def test_problem_of_the_connection_begins_with_its_reason() -> None:
    given = summary(counts={State.PENDING: 1}, contact=Contact(what="Could not look for it (ws1): refused."))

    assert heading.head(given, SETTINGS, NOW).problem == "Refused. Could not look for it (ws1)."
