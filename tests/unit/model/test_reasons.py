"""The reason of a cause stands first, and nothing that was said is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import progress
from ftrack_accsyn_accessor.model.errors import Refused
from ftrack_accsyn_accessor.model.item import Reason, Trouble
from ftrack_accsyn_accessor.model.reasons import reason_first

PATH = "show_a/sq010/sh010/anim/v001/cache.abc"


@pytest.mark.parametrize(
    ("cause", "first"),
    [
        (
            f"accsyn could not transfer it: E#J057 Could not write the file: permission denied ({PATH}).",
            "Permission denied at hq. accsyn could not transfer it (E#J057 Could not write the file).",
        ),
        ("accsyn could not transfer it: E#J057 Disk full.", "Disk full at hq. accsyn could not transfer it (E#J057)."),
        (
            "accsyn could not transfer it: Could not read the file: timed out (other.abc).",
            "Timed out (other.abc). accsyn could not transfer it (Could not read the file).",
        ),
        (
            "accsyn could not transfer it: E#J001 a.mov was not found",
            "a.mov was not found. accsyn could not transfer it",
        ),
        (
            "Could not add tasks (show_a upload: 3 files): no write access.",
            "No write access. Could not add tasks (show_a upload: 3 files).",
        ),
        ("Could not reach accsyn: E: refused!", "E: refused! Could not reach accsyn."),
    ],
)
def test_reason_stands_before_what_was_tried(cause: str, first: str) -> None:
    assert reason_first(cause, PATH, "hq").startswith(first)


@pytest.mark.parametrize(
    "cause",
    [
        "",
        "accsyn could not transfer it.",
        "Its task was put on hold in accsyn.",
        'The sync job "show_a: upload" is paused in accsyn.',
        "Could not open it.",
        "It waits for workspace b at https://b.test.",
    ],
)
def test_cause_that_is_a_reason_stays_as_it_is(cause: str) -> None:
    assert reason_first(cause, PATH, "hq") == cause


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_word_of_a_cause_is_lost(tried: str, on: str, outcome: str) -> None:
    cause = Refused(tried, on, outcome, "").what
    carried = progress.cause(Trouble.FAILED, "a job", f"E#J057 {outcome}")

    assert words(cause) <= words(reason_first(cause))
    assert words(carried) <= words(reason_first(carried))


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("E#J057 Could not write the file: permission denied", "rights on that folder"),
        ("E#J057 Disk full", "room made on that disk"),
        ("E#J001 No such file", "Bring the file back"),
        ("E#J099 Something else", "The log of the job in accsyn"),
        ("", "The log of the job in accsyn"),
    ],
)
def test_remedy_of_a_failed_transfer_follows_the_likely_cause(words: str, remedy: str) -> None:
    cause = progress.cause(Trouble.FAILED, "a job", words)

    assert remedy in cause
    assert remedy in progress.remedy(Trouble.FAILED, Reason.PUBLISH, cause)
    assert progress.without_remedy(cause, Trouble.FAILED).endswith(f"{words}." if words else "transfer it.")


def test_remedy_of_an_earlier_release_is_taken_off_as_well() -> None:
    told = "accsyn could not transfer it: E#J057 Disk full."
    cause = f"{told} Put that right, then retry it; it is also tried again by itself."

    assert progress.without_remedy(cause, Trouble.FAILED) == told
