"""The service acts with its own rights, and looks after those of whoever asks, at each launch."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher
from serving import Page, Planning, Serving, hidden

pytestmark = pytest.mark.usefixtures("planned")


def pick(studio: Studio, name: str) -> list[dict[str, str]]:
    return [{"entityId": studio.ids[name], "entityType": "task"}]


def role(studio: Studio, username: str) -> dict[str, Any]:
    (found,) = studio.ftrack.store.find("UserSecurityRole", user_id=studio.ids[username])
    return found


@pytest.fixture
def shot(studio: Studio) -> list[dict[str, str]]:
    return pick(studio, "show_a/sq010/sh010")


@pytest.fixture
def action(serving: Serving, page: Page, shot: Any) -> dict[str, Any]:
    return page.action("send", shot)


def refused(reply: dict[str, Any], words: str) -> bool:
    assert (reply["type"], reply["success"]) == ("message", False), reply
    return words in reply["message"]


@pytest.mark.parametrize(
    "claims",
    [{"id": "11111111-aaaa", "username": "admin"}, {"username": "nobody"}, {}, {"id": '" or id != "'}],
    ids=["unknown id with a known name", "unknown name", "nobody", "a query"],
)
def test_who_is_not_known_is_told_nothing(open_page: Any, action: Any, shot: Any, claims: dict[str, str]) -> None:
    assert refused(open_page("artist", claims).launch(action, shot), "does not know who")


def test_a_name_without_an_id_is_enough(open_page: Any, action: Any, shot: Any) -> None:
    assert open_page("artist", {"username": "artist"}).launch(action, shot)["type"] == "form"


def test_who_is_not_active_any_more_is_told_nothing(studio: Studio, page: Page, action: Any, shot: Any) -> None:
    studio.ftrack.store.update("User", studio.ids["artist"], is_active=False)
    assert refused(page.launch(action, shot), "not active")


def test_a_private_project_is_closed_to_whom_no_role_opens_it(studio: Studio, page: Page, action: Any) -> None:
    reply = page.preview(action, pick(studio, "show_p/sq010/sh010"))
    assert refused(reply, "opens a private project")
    assert "show_p" not in reply["message"]


def test_a_private_project_is_open_to_whom_a_role_opens_it_by_name(
    studio: Studio, serving: Serving, open_page: Any, action: Any
) -> None:
    secret = pick(studio, "show_p/sq010/sh010")
    admin = open_page("admin")

    assert admin.launch(action, secret, **hidden(admin.preview(action, secret)))["success"]


def test_a_role_that_is_taken_away_after_the_preview_refuses_the_confirmation(
    studio: Studio, serving: Serving, page: Page, action: Any, shot: Any
) -> None:
    preview = page.preview(action, shot)
    studio.ftrack.store.update("UserSecurityRole", role(studio, "artist")["id"], is_all_open_projects=False)

    assert refused(page.launch(action, shot, **hidden(preview)), "opens the project show_a")
    assert serving.outbox.requests.latest(1) == []


@pytest.mark.parametrize("by_group", [False, True])
def test_a_restricted_user_may_send_where_something_is_assigned_to_them_or_their_group(
    studio: Studio, page: Page, action: Any, shot: Any, by_group: bool
) -> None:
    store, ids = studio.ftrack.store, studio.ids
    restricted = ids["role:Restricted User"]
    store.update("UserSecurityRole", role(studio, "artist")["id"], security_role_id=restricted)
    (assigned,) = store.find("Appointment", resource_id=ids["artist"])
    if by_group:
        store.update("Appointment", assigned["id"], resource_id=ids["artists"])

    assert page.preview(action, shot)["type"] == "form"
    assert refused(page.preview(action, pick(studio, "show_b/sq010/sh010")), "opens the project show_b")


def test_a_project_that_is_closed_for_good_is_refused(studio: Studio, page: Page, action: Any, shot: Any) -> None:
    studio.ftrack.store.update("Project", studio.ids["show_a"], status="hidden")
    assert refused(page.preview(action, shot), "show_a is not active")


@pytest.mark.parametrize(
    ("path", "words"), [("show_p/a.mov", "a private project"), ("elsewhere/a.mov", "name of no project")]
)
def test_additional_files_are_of_the_project_whose_folder_they_are_in(
    page: Page, action: Any, shot: Any, path: str, words: str
) -> None:
    assert refused(page.preview(action, shot, added=path), words)
    assert page.preview(action, shot, added="show_a/a.mov")["type"] == "form"


def test_nothing_goes_where_the_service_does_not_let_it(
    publisher: Publisher, page: Page, action: Any, shot: Any
) -> None:
    publisher.environment(FTRACK_ACCSYN_SEND_TO="site=paris, *@acme.test")
    assert refused(page.preview(action, shot), "site=london from here")
    publisher.environment(FTRACK_ACCSYN_SEND_TO="site=*")
    assert page.preview(action, shot)["type"] == "form"


@pytest.mark.parametrize(
    ("party", "patterns", "allowed"),
    [
        ("artist@acme.test", None, True),
        ("vendor@acme.test", None, False),
        ("vendor@acme.test", "*", False),
        ("vendor@acme.test", "vendor@*", True),
        ("nobody@acme.test", None, False),
        ("delivery=artist@acme.test", None, True),
        ("delivery=vendor@acme.test", "*", False),
        ("delivery=vendor@acme.test", "vendor@*", True),
    ],
)
def test_vendors_get_something_only_where_they_are_named(
    publisher: Publisher,
    page: Page,
    action: Any,
    shot: Any,
    planned: Planning,
    party: str,
    patterns: str | None,
    allowed: bool,
) -> None:
    publisher.environment(FTRACK_ACCSYN_SEND_TO=patterns)
    planned.destination = party
    reply = page.preview(action, shot)
    assert reply["type"] == "form" if allowed else refused(reply, f"{party} from here")
