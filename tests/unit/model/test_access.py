"""Whatever accsyn has, what is done about it ends with exactly what a vendor should have, and touches nothing else."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Optional

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.access import (
    CLOSED,
    CLOSING,
    OPEN,
    Act,
    Deed,
    Rights,
    Situation,
    Standing,
    deeds,
    lacks,
    narrowing,
    obstacle,
    standing,
    touches,
    wider,
)
from ftrack_accsyn_accessor.model.accsyn import Grant, Share, User, Volume
from ftrack_accsyn_accessor.model.vendors import VendorRules, places

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=200)
VENDOR, OTHER, STAFF = "v@x.y", "o@x.y", "s@x.y"
PLACES = places(VendorRules(), "show_a", VENDOR)
VOLUME = Volume("vol", "projects", "enabled", True, ())
TO = Share("to", PLACES.to_code, "vol", PLACES.to_folder, "enabled")
FROM = Share("from", PLACES.from_code, "vol", PLACES.from_folder, "enabled")
ELSE = Share("else", "else", "vol", "show_a/else", "enabled")
PEOPLE = [
    User("v", VENDOR, "standard", "enabled", False),
    User("o", OTHER, "standard", "enabled", False),
    User("s", STAFF, "employee", "enabled", False),
]
GRANTS = st.lists(
    st.builds(
        Grant,
        st.sampled_from(["to", "from", "else", "vol"]),
        st.just(""),
        st.sampled_from(["/", "/", "/a"]),
        st.booleans(),
        st.booleans(),
        user_id=st.sampled_from(["v", "v", "o", "s"]),
    ),
    max_size=7,
)


class Service:
    """What accsyn makes of deeds; with *one* a user has one grant on a share, which a further one moves."""

    def __init__(self, grants: list[Grant], one: bool, people: list[User], shares: list[Share]) -> None:
        self.one, self.people, self.shares = one, people, shares
        self.grants = {str(number): dataclasses.replace(each, id=str(number)) for number, each in enumerate(grants)}
        self._numbers = itertools.count(100)

    @property
    def situation(self) -> Situation:
        return Situation(VOLUME, self.people, self.shares, self.grants)

    def do(self, deed: Deed) -> None:
        if deed.act is Act.INVITE:
            self.people = [*self.people, User("v", VENDOR, "standard", "enabled", True)]
        elif deed.act is Act.SHARE:
            share_id = "to" if deed.code == PLACES.to_code else "from"
            self.shares = [*self.shares, Share(share_id, deed.code, "vol", deed.folder, "enabled")]
        elif deed.act is Act.TAKE_BACK:
            assert deed.grant is not None
            del self.grants[deed.grant.id]
        elif deed.share_id:
            self._grant(deed)

    def _grant(self, deed: Deed) -> None:
        own = [each for each in self.grants.values() if (each.user_id, each.share_id) == ("v", deed.share_id)]
        known = next((each for each in own if self.one or each.path == "/"), None)
        grant_id = known.id if known is not None else str(next(self._numbers))
        self.grants[grant_id] = Grant(deed.share_id, "", "/", deed.read, deed.write, grant_id, "v")

    def of(self, user_id: str, *share_ids: str) -> list[tuple[str, str, bool, bool]]:
        found = [each for each in self.grants.values() if each.user_id == user_id and each.share_id in share_ids]
        return sorted((each.share_id, each.path, each.read, each.write) for each in found)


@seeded
@given(GRANTS, st.booleans(), st.booleans(), st.booleans())
def test_what_is_done_ends_with_exactly_one_grant_on_each_folder(
    grants: list[Grant], one: bool, known: bool, shared: bool
) -> None:
    shares = [TO, FROM, ELSE] if shared else [ELSE]
    grants = [each for each in grants if shared or each.share_id not in ("to", "from")]
    grants = [each for each in grants if known or each.user_id != "v"]
    service = Service(grants, one, PEOPLE if known else PEOPLE[1:], shares)
    others = [
        service.of("v", "else", "vol"),
        service.of("o", "else", "vol"),
        service.of("s", "to", "from", "else", "vol"),
    ]
    for _ in range(4):
        for deed in deeds(service.situation, PLACES, VENDOR):
            service.do(deed)
    assert deeds(service.situation, PLACES, VENDOR) == []
    assert service.of("v", "to", "from") == [("from", "/", True, True), ("to", "/", True, False)]
    assert service.of("o", "to", "from") == []
    assert others == [
        service.of("v", "else", "vol"),
        service.of("o", "else", "vol"),
        service.of("s", "to", "from", "else", "vol"),
    ]
    assert not lacks(service.situation, PLACES, VENDOR)


@seeded
@given(GRANTS, st.booleans(), st.sampled_from([OPEN, CLOSING, CLOSED]))
@example([Grant("to", "", "/", read, False, user_id="v") for read in (False, True)], False, OPEN)
@example([Grant("to", "", "/", True, write, user_id="v") for write in (False, True)], False, OPEN)
@example([Grant("from", "", "/", True, True, user_id="v") for _ in range(3)], False, CLOSING)
def test_narrowing_ends_with_no_more_than_the_rights_and_gives_nothing(
    grants: list[Grant], one: bool, rights: Rights
) -> None:
    service = Service(grants, one, PEOPLE, [TO, FROM, ELSE])
    before = dict(service.grants)
    for _ in range(4):
        for deed in narrowing(service.situation, PLACES, VENDOR, rights):
            service.do(deed)
    assert narrowing(service.situation, PLACES, VENDOR, rights) == []
    for share_id, path, read, write in service.of("v", "to", "from"):
        assert path == "/"
        assert read <= (rights.read_to if share_id == "to" else rights.read_from)
        assert write <= (rights.write_from if share_id == "from" else False)
    for each in service.grants.values():
        earlier = before[each.id]  # none is new
        assert (each.user_id, each.share_id) == (earlier.user_id, earlier.share_id)
        assert each.read <= earlier.read
        assert each.write <= earlier.write
        assert each == earlier or (each.user_id == "v" and each.share_id in ("to", "from"))


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (None, Standing.UNKNOWN),
        (PEOPLE[0], Standing.ENABLED),
        (dataclasses.replace(PEOPLE[0], invited=True), Standing.INVITED),
        (dataclasses.replace(PEOPLE[0], status="disabled"), Standing.DISABLED),
        (dataclasses.replace(PEOPLE[0], status="disabled", invited=True), Standing.DISABLED),
        (dataclasses.replace(PEOPLE[0], status="who knows"), Standing.DISABLED),
        (dataclasses.replace(PEOPLE[0], active=False), Standing.INACTIVE),
    ],
)
def test_how_a_user_stands(user: Optional[User], expected: Standing) -> None:
    assert standing(user) is expected
    found = obstacle(Situation(VOLUME, [user] if user else [], []), PLACES, VENDOR)
    assert bool(found) is (expected in (Standing.DISABLED, Standing.INACTIVE))


def test_an_active_user_of_an_address_goes_before_one_who_was_deactivated() -> None:
    gone = dataclasses.replace(PEOPLE[0], id="gone", active=False)
    found = Situation(VOLUME, [gone, PEOPLE[0]], []).user("V@X.Y")
    assert found == PEOPLE[0]


def test_a_user_who_only_looks_the_same_is_another() -> None:
    kelvin = dataclasses.replace(PEOPLE[0], email="\u212a@x.y")
    assert Situation(VOLUME, [kelvin], []).user("k@x.y") is None


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        (None, False),
        ("", True),
        ("show_a", True),
        ("Show_A", True),
        ("show_a/_vendors", True),
        (PLACES.to_folder, True),
        (f"{PLACES.quarantine_folder}/x", True),
        (f"{PLACES.to_folder}x", False),
        ("show", False),
        ("show_a/else", False),
        ("show_b", False),
    ],
)
def test_folders_are_compared_name_by_name(folder: Optional[str], expected: bool) -> None:
    assert touches(folder, PLACES[:4]) is expected


def test_a_grant_on_another_share_that_leads_to_a_vendors_folder_is_wider() -> None:
    shares = [TO, FROM, ELSE, Share("up", "up", "vol", "show_a/_vendors", "enabled")]
    made = [
        ("vol", "/"),
        ("vol", "/show_a/else"),
        ("up", "/"),
        ("up", "/other"),
        ("else", "/"),
        ("gone", "/"),
        ("to", "/"),
    ]
    grants = {
        str(number): Grant(share_id, "", path, True, False, str(number), "v")
        for number, (share_id, path) in enumerate(made)
    }
    found = wider(Situation(VOLUME, PEOPLE, shares, grants), PLACES, VENDOR)
    assert [(each.grant.share_id, each.folder) for each in found] == [("vol", ""), ("up", "show_a/_vendors")]
    assert str(found[0]) == "read of projects (/)"
