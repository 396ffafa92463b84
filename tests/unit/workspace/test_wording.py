"""A refusal is sorted by its HTTP status, then by accsyn's own words, never by names of ours in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.errors import Busy, Refused, Unauthorised, Uncertain
from ftrack_accsyn_accessor.workspace.wording import classify_message, texts

#: Words of ours that would be misread as accsyn's.
MISLEADING = ["unauthorized", "too many requests", "session expired", "rate limit", "wrong password", "API key"]


@pytest.mark.parametrize(
    "text",
    [
        "Unauthorized",
        "NOT AUTHORISED to do that",
        "Authentication failed! Please check your user name and API key.",
        "User is not authenticated",
        "Invalid API key",
        "invalid api_key supplied",
        "Wrong user name or password",
        "Expired session",
        "The session has expired, please log in again.",
        "Your session is no longer valid: session not found",
        "API key has been revoked",
        "Login required",
        "You are not logged in",
        "Your account is disabled",
    ],
)
def test_words_about_who_we_are_mean_unauthorised(text):
    assert classify_message(text, 200) is Unauthorised
    assert classify_message(text.upper(), 400) is Unauthorised


@pytest.mark.parametrize(
    "text",
    [
        "Unknown queue: show_a",
        "No job found with id 6611aa.",
        "You are not allowed to create a queue.",
        "Invalid source: client=1:share=projects/keys",
        "The volume projects is disabled",
        "The author is unknown",
        "",
    ],
)
def test_other_words_mean_refused(text):
    assert classify_message(text, 200) is Refused
    assert classify_message(text, 403) is Refused


@pytest.mark.parametrize("name", MISLEADING)
@pytest.mark.parametrize("status", [200, 400, 403, 500])
@pytest.mark.parametrize(
    "text",
    [
        'Invalid source: "client=1:share=projects/{}/a.mov"',
        "Invalid source: client=1:share=projects/show/{}/a.mov",
        "The path /hq/projects/{}/a b/c.mov cannot be read",
        "The path D:\\projects\\{}\\a.mov cannot be read",
        "The volume has no folder '{}'",
        "There's no folder `{}`, isn't it?",
        "No such share \u201c{}\u201d",
        "See https://accsyn.com/help?about={}/ for details",
    ],
)
def test_a_path_or_quoted_name_in_a_refusal_is_not_taken_for_its_words(name, status, text):
    assert classify_message(text.format(name), status) is Refused


@pytest.mark.parametrize("name", MISLEADING)
def test_a_bare_name_that_was_sent_is_not_taken_for_accsyns_words(name):
    sent = texts({"code": f"{name} ftrack upload", "tasks": [{"source": f"client=1:share=projects/{name}/{name}.mov"}]})
    said = f"There is a job {name.upper()} ftrack upload, or {name}.mov, already"
    assert classify_message(said, 200, sent) is Refused


def test_accsyns_own_words_beside_a_name_of_ours_still_count():
    ours = ["too many requests", "projects/unauthorized/a.mov"]
    assert classify_message("Too many requests: no more than 'projects/unauthorized/a.mov'", 200, ["a"]) is Busy
    assert classify_message("Not logged in, projects/unauthorized/a.mov is not sent", 200, ours) is Unauthorised
    assert classify_message("Invalid API key, see https://accsyn.com/support", 400, ours) is Unauthorised


@pytest.mark.parametrize("status", [404, 409, 410, 413, 414, 422])
def test_a_status_about_what_is_asked_outranks_all_words(status):
    assert classify_message("Unauthorized: too many requests", status) is Refused


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorised), (429, Busy), (503, Busy), (502, Uncertain)])
def test_a_status_that_tells_enough_outranks_all_words(status, kind):
    assert classify_message("No such job", status, ["No such job"]) is kind


@given(st.text(max_size=40), st.sampled_from(MISLEADING), st.text(alphabet="ab /.:=", max_size=20))
def test_whatever_surrounds_a_name_that_was_sent_whole_a_refusal_of_it_stays_one(head, name, tail):
    name = f"{head} {name} {tail}".replace('"', "")
    assert classify_message(f'Cannot use "{name}"', 200, [name]) is Refused


def test_words_between_two_addresses_count():
    text = "https://accsyn.test/a: unauthorized, see https://accsyn.test/b"

    assert classify_message(text, 200) is Unauthorised
