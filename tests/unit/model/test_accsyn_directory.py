"""Rows of volumes, sites, users and grants, read with tolerance."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.model.accsyn import Client, Grant, Site, User, Volume
from ftrack_accsyn_accessor.model.paths import LINUX, WINDOWS, Root

ID = "5d91a5f1b5f0c8a7e2d4c3b1"


def test_volume_has_the_roots_of_its_row() -> None:
    row = {
        "id": ID,
        "code": "projects",
        "default": True,
        "status": "enabled",
        "paths": {"windows": "P:/", "linux": "/p"},
    }
    roots = (Root("projects", "P:/", WINDOWS), Root("projects", "/p", LINUX))
    assert Volume.from_answer(row) == Volume(ID, "projects", "enabled", True, roots)


@pytest.mark.parametrize(
    ("user_hr", "email"),
    [
        ("ana@acme.test", "ana@acme.test"),
        (f"user:ana@acme.test[standard]({ID})", "ana@acme.test"),
        (None, ""),
        ("Ana", ""),
    ],
)
def test_client_tells_whose_it_is(user_hr: Any, email: str) -> None:
    client = Client.from_answer({"id": ID, "user": "u1", "user_hr": user_hr, "site": "s1"})
    assert (client.user_id, client.user, client.site_id) == ("u1", email, "s1")


@pytest.mark.parametrize(
    ("row", "invited"),
    [({}, False), ({"logged_in": None}, True), ({"logged_in": False}, False), ({"logged_in": "2026-11-21"}, False)],
)
def test_user_who_never_logged_in_was_invited_only(row: dict[str, Any], invited: bool) -> None:
    found = User.from_answer({"id": ID, "code": "ana@acme.test", "clearance": "employee", **row})
    assert found == User(ID, "ana@acme.test", "employee", "", invited)


def test_grant_names_its_share_and_what_it_covers() -> None:
    row = {"target": f"share:{ID}", "target_hr": "projects", "path": "", "read": True}
    assert Grant.from_answer(row) == Grant(ID, "projects", "/", True, False)
    assert Grant.from_answer({**row, "path": "show/"}).path == "/show"


@pytest.mark.parametrize("kind", [Volume, Site, User, Grant, Client])
def test_empty_row_is_an_empty_value(kind: Any) -> None:
    assert kind.from_answer({}) == kind.from_answer({"id": None, "code": [], "paths": "x", "path": None, "user": {}})
