"""The table of states: nothing gets lost in it, and nothing moves against its direction."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.item import TRANSITIONS, Kind, Publication, StagedFile, State, sources


def test_every_state_has_a_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize("state", State)
def test_no_state_lists_itself(state: State) -> None:
    assert state not in TRANSITIONS[state]


@pytest.mark.parametrize("state", [state for state in State if state not in (State.NEEDS_ATTENTION, State.WITHDRAWN)])
def test_every_state_may_need_attention(state: State) -> None:
    assert State.NEEDS_ATTENTION in TRANSITIONS[state]


@pytest.mark.parametrize("state", State)
def test_synced_can_be_reached_from_every_state(state: State) -> None:
    reached, found = {state}, {state}
    while found:
        found = {target for source in found for target in TRANSITIONS[source]} - reached
        reached |= found
    assert State.SYNCED in reached


def test_prepared_is_reached_by_publishing_only() -> None:
    assert sources(State.PREPARED) == ()


def test_only_what_was_submitted_or_needed_attention_becomes_synced() -> None:
    assert set(sources(State.SYNCED)) == {State.PENDING, State.SUBMITTED, State.TRANSFERRING, State.NEEDS_ATTENTION}


def test_submission_starts_where_an_item_waits() -> None:
    assert set(sources(State.SUBMITTED)) == {State.PENDING, State.TRANSFERRING, State.NEEDS_ATTENTION}


@pytest.mark.parametrize("target", State)
def test_sources_are_the_table_read_backwards(target: State) -> None:
    assert set(sources(target)) == {state for state in State if target in TRANSITIONS[state]}


def test_words_on_disk_are_stable() -> None:
    assert [state.value for state in State] == [
        "prepared",
        "pending",
        "submitted",
        "transferring",
        "synced",
        "needs-attention",
        "withdrawn",
    ]
    assert [kind.value for kind in Kind] == ["file", "sequence", "container", "folder"]


def test_size_of_a_publication_is_that_of_all_its_files() -> None:
    files = (StagedFile("a/1", 3, 0), StagedFile("a/2", 0, 0), StagedFile("a/3", 2**40, 0))
    texts = ["c1", "main", "a", "l1", "artist.ws1", "http://f", "artist", "p1", "show_a", "v1", "shot v001"]
    publication = Publication(texts[0], texts[1], Kind.CONTAINER, *texts[2:], files=files)
    assert publication.size_bytes == 2**40 + 3
