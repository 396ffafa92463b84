"""The error tree: what a reader is told, and that every cause can be told apart."""

from __future__ import annotations

import inspect
import pickle

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, WorkspaceError

ALL = [item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, AccsynAccessorError)]


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("drain",), "Could not drain."),
        (("create the job", "show_a"), "Could not create the job (show_a)."),
        (("create the job", "show_a", "it is full"), "Could not create the job (show_a): it is full."),
        (("create the job", "", "it is full", "Wait."), "Could not create the job: it is full. Wait."),
        (("create the job", "", "", "Wait."), "Could not create the job. Wait."),
        (("ask", "", "who are you?", "Log in."), "Could not ask: who are you? Log in."),
        (("ask", "", "It said no.", "Log in."), "Could not ask: It said no. Log in."),
        (("ask", "", "  no\n", "Log in."), "Could not ask: no. Log in."),
        (("ask", "", "\n"), "Could not ask."),
    ],
)
def test_text_says_what_was_tried_on_what_what_came_back_and_what_to_do(parts: tuple[str, ...], text: str) -> None:
    assert str(AccsynAccessorError(*parts)) == text


def test_foreign_error_without_words_is_told_by_its_kind() -> None:
    assert errors.words(MemoryError()) == "MemoryError"
    assert errors.words(ValueError(" \n")) == "ValueError"


def test_facts_stay_readable_one_by_one() -> None:
    error = errors.Refused("add tasks", "job 1", "no such volume", "Correct it.", status=400, retry_after_s=2.5)
    assert (error.tried, error.on, error.outcome, error.remedy) == (
        "add tasks",
        "job 1",
        "no such volume",
        "Correct it.",
    )
    assert (error.status, error.retry_after_s) == (400, 2.5)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_has_one_root_a_sentence_and_a_place_in_the_drawing(kind: type[AccsynAccessorError]) -> None:
    assert kind.__doc__
    assert kind.__name__ in str(errors.__doc__)
    assert str(kind("try")) == "Could not try."


def test_kinds_are_stable_words() -> None:
    # Stored in the outbox by every release: a changed word would orphan the causes on file.
    assert {kind.__name__: kind.kind for kind in ALL} == {
        "AccsynAccessorError": "error",
        "SettingsError": "settings",
        "StagingError": "staging",
        "StagingGone": "staging-gone",
        "FileChanged": "file-changed",
        "FileUnreadable": "file-unreadable",
        "NeverSent": "never-sent",
        "OutboxError": "outbox",
        "OutboxTooNew": "outbox-too-new",
        "OutboxUnusable": "outbox-unusable",
        "OutboxDamaged": "outbox-damaged",
        "Conflict": "conflict",
        "Unresolved": "unresolved",
        "NotOne": "not-one",
        "NotStuck": "not-stuck",
        "NotAllowed": "not-allowed",
        "RegistrationError": "ftrack",
        "RegistrationRefused": "ftrack",
        "LoginRefused": "ftrack-login",
        "WorkspaceError": "accsyn",
        "Unreachable": "unreachable",
        "Busy": "busy",
        "Uncertain": "no-answer",
        "Refused": "refused",
        "Unauthorised": "unauthorised",
        "NotReady": "not-ready",
        "Unserved": "unserved",
        "TimeUp": "time-up",
        "StorageError": "storage",
        "SpoolError": "spool",
        "ManifestError": "manifest",
    }


def test_error_survives_pickling_with_its_facts() -> None:
    error = errors.Busy("find jobs", "acme", "HTTP 429", "Wait.", status=429, retry_after_s=7.0)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is errors.Busy
    assert str(copy) == str(error)
    assert (copy.status, copy.retry_after_s) == (429, 7.0)


def test_workspace_error_without_answer_has_no_status() -> None:
    error = WorkspaceError("ask")
    assert (error.status, error.retry_after_s) == (None, None)


def test_who_asked_in_person_is_told_to_do_it_again_with_all_that_is_known_besides() -> None:
    error = errors.Unauthorised("log in", "acme", "no", "Check the key.", "It is tried again later.", status=401)
    with pytest.raises(errors.Unauthorised) as told, errors.in_person():
        raise error
    assert str(error) == "Could not log in (acme): no. Check the key. It is tried again later."
    assert str(told.value) == (
        "Could not log in (acme): no. Check the key. Nothing was asked for: do it again when accsyn answers."
    )
    assert (told.value.status, told.value.what) == (401, error.what)
    with pytest.raises(errors.NotReady, match=r"find the queue: none\.$"), errors.in_person():
        raise errors.NotReady("find the queue", outcome="none")
