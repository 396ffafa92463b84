"""What the service does for whom: what their security roles open, and where things may go."""

from __future__ import annotations

import dataclasses

import pytest

from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.model.permission import (
    ASSIGNED,
    Concern,
    Person,
    Project,
    Role,
    may_go_to,
    may_see,
    refusal,
)

OPEN, PRIVATE = Project("p1", "show_a", False, True), Project("p2", "secret", True, True)
CLOSED = Project("p3", "old", False, False)
PROJECTS = {each.id: each for each in (OPEN, PRIVATE, CLOSED)}
ANA = Person("u1", "ana", True, (Role("PROJECT", True),))


def person(*roles: Role, assigned: str = "") -> Person:
    return Person("u1", "ana", True, roles, frozenset(filter(None, [assigned])))


@pytest.mark.parametrize(
    ("who", "project", "allowed"),
    [
        (person(), OPEN, False),
        (person(Role("PROJECT", True)), OPEN, True),
        (person(Role("PROJECT", True)), PRIVATE, False),
        (person(Role("PROJECT", False)), OPEN, False),
        (person(Role("PROJECT", False, frozenset({"p1"}))), OPEN, True),
        (person(Role("PROJECT", False, frozenset({"p1"}))), PRIVATE, False),
        (person(Role("PROJECT", True, frozenset({"p2"}))), PRIVATE, True),
        (person(Role(ASSIGNED, True)), OPEN, False),
        (person(Role(ASSIGNED, True), assigned="p1"), OPEN, True),
        (person(Role(ASSIGNED, True), assigned="p2"), PRIVATE, False),
        (person(Role(ASSIGNED, True), Role("PROJECT", True)), OPEN, True),
        (person(assigned="p1"), OPEN, False),
    ],
)
def test_a_project_is_open_to_whom_a_role_opens_it(who: Person, project: Project, allowed: bool) -> None:
    assert may_see(who, project) is allowed


@pytest.mark.parametrize(
    ("who", "concern", "words"),
    [
        (None, Concern("p1"), "does not know who"),
        (dataclasses.replace(ANA, active=False), Concern("p1"), "not active"),
        (ANA, Concern("p1"), ""),
        (ANA, Concern("p3"), "project old is not active"),
        (ANA, Concern("p9"), "does not see the project"),
        (ANA, Concern("", "SHOW_A"), ""),
        (ANA, Concern("", "secret"), "opens a private project"),
        (ANA, Concern("", "elsewhere"), "elsewhere is the name of no project"),
        (ANA, Concern("", ""), "no project"),
    ],
)
def test_a_refusal_says_why(who: Person | None, concern: Concern, words: str) -> None:
    found = refusal(who, PROJECTS, [concern])
    assert (words in found) if words else (found == "")


def test_a_private_project_is_not_named_to_whom_it_is_closed() -> None:
    assert "secret" not in refusal(ANA, PROJECTS, [Concern("p2")])


def test_one_project_that_is_closed_refuses_the_whole() -> None:
    assert refusal(ANA, PROJECTS, [Concern("p1"), Concern("p2")])


LONDON, VENDOR = Endpoint("site=london", "l2", "studio.london"), Endpoint("v@vendor.test", "l3", "v@vendor.test")

DELIVERED = Endpoint("delivery=v@vendor.test", "", "")


@pytest.mark.parametrize(
    ("destination", "patterns", "outsider", "allowed"),
    [
        (LONDON, [], False, True),
        (LONDON, ["studio.*"], False, True),
        (LONDON, ["SITE=London"], False, True),
        (LONDON, ["site=paris", "*@acme.test"], False, False),
        (VENDOR, [], False, True),
        (VENDOR, [], True, False),
        (VENDOR, ["*"], True, False),
        (VENDOR, ["*@vendor.test"], True, True),
        (VENDOR, ["*@other.test", "site=*"], True, False),
        (DELIVERED, ["v@vendor.test"], True, True),
        (DELIVERED, ["*"], True, False),
        (DELIVERED, ["delivery=v@*"], True, False),
    ],
)
def test_things_go_where_the_patterns_say_and_to_vendors_only_by_their_address(
    destination: Endpoint, patterns: list[str], outsider: bool, allowed: bool
) -> None:
    assert may_go_to(destination, patterns, outsider) is allowed
