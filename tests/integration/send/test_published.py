"""Paths that somebody names, where ftrack has something registered at the destination under them."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Plan
from ftrack_accsyn_sandbox.studio import Studio
from sending import Sender, only

FILES = ("show_a/up/a.mov", "show_a/up/deep/f.0001.exr", "show_a/up_to/b.mov", "show_a/loose.mov")


@pytest.fixture(scope="module", autouse=True)
def files(running: Studio) -> None:
    for path in FILES:
        for place in (running.hq, running.site("london")):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(b"x")


@pytest.fixture
def version(sender: Sender) -> str:
    return sender.version(sender.asset(sender.shot()))


def uploaded(sender: Sender, *paths: str, **wanted: Any) -> Plan:
    return sender.plan(
        reason=Reason.SYNC, added=paths, **{"source": "site=london", "destination": "studio.hq", **wanted}
    )


def forget(sender: Sender, *components: str) -> None:
    """Take what a test has registered away: others use the same paths."""
    for row in list(sender.store.find("ComponentLocation")):
        if row["component_id"] in components:
            sender.store.delete("ComponentLocation", row["id"])


def test_a_file_that_is_registered_for_a_component_there_cannot_go_by_its_path(sender: Sender, version: str) -> None:
    component = sender.component(version, "show_a/up/a.mov")

    each = only(uploaded(sender, "show_a/up/a.mov"))

    assert (each.fate, each.obstacle) == (Fate.CANNOT, Obstacle.CONFLICT)
    assert f"plate v001 main ({component})" in each.cause
    assert "studio.hq" in each.cause
    forget(sender, component)
    assert only(uploaded(sender, "show_a/up/a.mov")).fate is Fate.GOES


def test_where_it_is_the_component_s_own_file_the_component_is_to_be_sent(sender: Sender, version: str) -> None:
    component = sender.component(version, "show_a/up/a.mov", at=("studio.hq", "studio.london"))

    each = only(uploaded(sender, "show_a/up/a.mov"))

    assert (each.fate, each.obstacle) == (Fate.CANNOT, Obstacle.CONFLICT)
    assert f"Send the component itself: plate v001 main ({component})" in each.cause
    forget(sender, component)


def test_a_frame_that_is_registered_there_cannot_go_by_its_path(sender: Sender, version: str) -> None:
    frames = sender.sequence(version, [1], "show_a/up/deep")

    assert only(uploaded(sender, "show_a/up/deep/f.0001.exr")).obstacle is Obstacle.CONFLICT

    forget(sender, frames, *(row["id"] for row in sender.store.find("FileComponent", container_id=frames)))


def test_a_folder_goes_and_the_plan_tells_what_is_registered_below_it(sender: Sender, version: str) -> None:
    file = sender.component(version, "show_a/up/a.mov", at=("studio.hq", "studio.london"))
    frames = sender.sequence(version, range(1, 9), "show_a/up/deep")
    beside = sender.component(version, "show_a/up_to/b.mov")

    found = uploaded(sender, "show_a/up", "show_a/loose.mov")

    assert len(found.going) == 2
    (remark,) = found.remarks
    assert remark.startswith("2 components are registered below show_a/up at studio.hq (first: plate v001 ")
    assert "is overwritten by what" in remark
    assert "london" in remark
    members = [row["id"] for row in sender.store.find("FileComponent", container_id=frames)]
    forget(sender, file, frames, beside, *members)
    assert uploaded(sender, "show_a/up").remarks == ()


def test_a_folder_of_files_of_one_component_counts_as_that(sender: Sender, version: str) -> None:
    pack = sender.container(version, ["show_a/up/a.mov", "show_a/up/deep/f.0001.exr"], path="show_a")

    (remark,) = uploaded(sender, "show_a/up").remarks

    assert remark.startswith("1 component is registered below show_a/up at studio.hq")
    forget(sender, pack, *(row["id"] for row in sender.store.find("FileComponent", container_id=pack)))


@pytest.mark.parametrize("prefix", ["{hq}/", "P:\\projects\\", "p:/Projects/", "show_a"])
def test_what_is_registered_is_found_in_any_notation_of_its_location(admin: Sender, prefix: str) -> None:
    version = admin.version(admin.asset(admin.shot()))
    roots = {"windows": "P:\\projects"}
    begins = "show_a" if prefix == "show_a" else ""
    admin.map({"studio.hq": {"party": "hq", "roots": roots, **({"prefix": begins} if begins else {})}})
    if begins:
        identifier = "up/a.mov"
    else:
        prefix = prefix.format(hq=admin.studio.hq)
        identifier = f"{prefix}show_a/up/a.mov".replace("/", "\\" if "\\" in prefix else "/")
    component = admin.component(version, identifier)

    each = only(uploaded(admin, "show_a/up/a.mov"))
    (remark,) = uploaded(admin, "show_a/up").remarks

    forget(admin, component)
    assert each.obstacle is Obstacle.CONFLICT
    assert remark.startswith("1 component is registered")


def test_what_a_location_has_that_begins_within_the_folder_is_found(sender: Sender, version: str) -> None:
    sender.map({"studio.hq": {"party": "hq", "prefix": "show_a/up"}})
    component = sender.component(version, "a.mov")

    assert uploaded(sender, "show_a").remarks[0].startswith("1 component is registered below show_a at studio.hq")
    assert uploaded(sender, "show_b").remarks == ()
    forget(sender, component)


def test_many_paths_are_asked_after_in_a_few_queries(sender: Sender) -> None:
    uploaded(sender, "show_a/up")
    sender.studio.ftrack.log.clear()
    paths = [f"show_a/up/{number:03d}{end}" for number in range(100) for end in ("", ".mov")]

    assert len(uploaded(sender, *paths).going) == 200

    assert sender.studio.ftrack.log.count() <= 12
