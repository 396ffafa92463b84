"""What a publish costs in ftrack: whether a component is in the location is asked only where it can be."""

from __future__ import annotations

import collections
import contextlib
import gc
import os
import sys
from collections.abc import Callable
from typing import Any

import ftrack_api.accessor.disk
import ftrack_api.structure.standard
import pytest
from ftrack_api.exception import ComponentInLocationError, ComponentNotInLocationError, LocationError
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_accessor.staging import location
from tracking import Desk

ASKED = "query:ComponentLocation"
IN_LOCATION = "already exist in location"
FILE = "create:FileComponent,create:ComponentLocation"
#: Python functions that are called for one frame more, most of them ftrack's own; and looks at the disk.
CALLS_A_FRAME = 4000
LOOKS_A_FRAME = 13
LOOKS = (os.stat, os.lstat, os.access, os.listdir, os.scandir)


def plain_location(desk: Desk) -> Any:
    """What ftrack's own plugin for users' locations makes: a DiskAccessor on a folder."""
    found = desk.session.ensure("Location", {"name": "plain"})
    folder = desk.studio.root / "plain"
    folder.mkdir(exist_ok=True)
    found.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder))
    found.structure = ftrack_api.structure.standard.StandardStructure()
    return found


def known_version(desk: Desk) -> Any:
    """Return a version of which the session has everything that its structures ask for."""
    version = desk.version()
    desk.publisher.publish_file(version, "warm")
    return version


def loose(desk: Desk, name: str = "main", **data: Any) -> Any:
    """Create a component that is in no location of ftrack; not committed."""
    if "container" not in data:
        data["version"] = known_version(desk)
    return desk.session.create_component(str(desk.publisher.file(f"{name}.mov")), {"name": name, **data}, location=None)


def add(desk: Desk, *components: Any) -> None:
    desk.location.add_components(list(components), desk.session.get("Location", ORIGIN_LOCATION_ID))


def container(desk: Desk, *names: str) -> Any:
    """Create a container of files; not committed."""
    outer = desk.session.create("ContainerComponent", {"name": "pack", "version": known_version(desk)})
    for name in names:
        outer["members"].append(loose(desk, name, container=outer))
    return outer


def sequence(desk: Desk) -> Any:
    for frame in range(1, 6):
        desk.publisher.file(f"frames.{frame:04d}.exr", 200)
    path = f"{desk.publisher.folder}/frames.%04d.exr [1-5]"
    return desk.session.create_component(path, {"name": "frames", "version": known_version(desk)}, location=None)


def test_new_file_is_published_with_one_call(desk: Desk) -> None:
    component = loose(desk)
    desk.studio.ftrack.log.clear()

    add(desk, component)

    assert desk.studio.ftrack.log.operations() == [FILE]
    assert desk.states() == {"warm": "pending", "main": "pending"}


def test_new_sequence_and_new_container_cost_two_calls_less_than_in_a_plain_location(desk: Desk) -> None:
    ours, plain = desk.location, plain_location(desk)
    origin = desk.session.get("Location", ORIGIN_LOCATION_ID)
    costs = {}
    for target in (plain, ours):
        for create in (sequence, lambda _: container(desk, "a", "b")):
            component = create(desk)
            desk.studio.ftrack.log.clear()
            target.add_component(component, origin)
            costs[target["name"], component["name"]] = desk.studio.ftrack.log.operations()

    for name in ("frames", "pack"):
        asked, registered = costs["plain", name], costs["artist.desk", name]
        assert asked[:2] == [ASKED, ASKED]
        assert registered == asked[2:]
    assert set(desk.states().values()) == {"pending"}


def test_component_that_is_registered_already_is_refused_in_every_session_that_has_it(desk: Desk) -> None:
    component = loose(desk)
    add(desk, component)
    other = desk.publisher.session(plugin_paths=[], auto_connect_event_hub=False)
    there = location.configure(other, "artist.desk", desk)
    loaded = other.get("FileComponent", component["id"])
    merged = desk.publisher.session(plugin_paths=[], auto_connect_event_hub=False).merge(component)
    desk.studio.ftrack.log.clear()

    for target, each in ((desk.location, component), (there, loaded), (there, merged)):
        with pytest.raises(ComponentInLocationError):
            target.add_component(each, None)

    assert desk.studio.ftrack.log.count(ASKED) == 3


def test_committed_component_is_asked_for_before_it_is_added(desk: Desk) -> None:
    component = loose(desk)
    desk.session.commit()
    desk.studio.ftrack.log.clear()

    add(desk, component)

    assert desk.studio.ftrack.log.operations()[0] == ASKED


def test_registered_component_among_new_ones_is_named_and_nothing_is_staged(desk: Desk) -> None:
    registered = loose(desk, "registered")
    add(desk, registered)
    new = loose(desk, "new")

    with pytest.raises(ComponentInLocationError) as raised:
        add(desk, new, registered)

    assert [each["id"] for each in raised.value.details["components"]] == [registered["id"]]
    assert not list(desk.studio.staging.rglob("new*"))


def test_members_of_a_new_container_that_are_registered_already_are_refused(desk: Desk) -> None:
    outer = container(desk, "a")
    desk.session.commit()
    add(desk, outer["members"][0])
    whole = desk.session.create("ContainerComponent", {"name": "whole", "version": desk.version()})
    whole["members"].append(outer["members"][0])

    with pytest.raises(LocationError, match=IN_LOCATION):
        add(desk, whole)


@pytest.mark.parametrize("create", [loose, sequence, lambda desk: container(desk, "a", "b")])
def test_publish_that_ftrack_carried_out_without_an_answer_is_found_when_it_is_repeated(
    desk: Desk, create: Callable[[Desk], Any]
) -> None:
    component = create(desk)
    desk.studio.ftrack.switches.drop_after("create:")
    with pytest.raises(LocationError):
        add(desk, component)

    with pytest.raises(LocationError) as raised:
        add(desk, component)

    assert isinstance(raised.value, ComponentInLocationError) or IN_LOCATION in str(raised.value)


def test_identifier_of_a_new_component_is_refused_without_a_question(desk: Desk) -> None:
    component = loose(desk)
    desk.studio.ftrack.log.clear()

    with pytest.raises(ComponentNotInLocationError) as raised:
        desk.location.get_resource_identifier(component)

    assert [each["id"] for each in raised.value.details["components"]] == [component["id"]]
    assert desk.studio.ftrack.log.count(ASKED) == 0


def frames_added(desk: Desk, count: int) -> tuple[int, int]:
    """Add a sequence of *count* frames; return how many functions were called for it, and looks at the disk taken."""
    for frame in range(1, count + 1):
        desk.publisher.file(f"run{count}.{frame:04d}.exr", 20)
    path = f"{desk.publisher.folder}/run{count}.%04d.exr [1-{count}]"
    data = {"name": f"run{count}", "version": known_version(desk)}
    component = desk.session.create_component(path, data, location=None)
    calls: collections.Counter[str] = collections.Counter()

    def counted(frame: Any, event: str, argument: Any) -> None:
        calls[event] += 1
        if event == "c_call" and argument in LOOKS:
            calls["look"] += 1

    sys.setprofile(counted)
    try:
        add(desk, component)
    finally:
        sys.setprofile(None)
    return calls["call"], calls["look"]


def test_each_further_frame_costs_the_same(desk: Desk) -> None:
    few, some, many = (frames_added(desk, count) for count in (40, 80, 160))

    first, second = ([(b - a) / more for a, b in zip(*pair)] for pair, more in (((few, some), 40), ((some, many), 80)))
    assert second[0] == pytest.approx(first[0], rel=0.05)
    assert second[0] <= CALLS_A_FRAME
    assert second[1] <= LOOKS_A_FRAME


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("enabled", [False, True])
def test_no_garbage_is_looked_for_while_ftrack_is_told_and_the_host_has_its_way_afterwards(
    desk: Desk, request: pytest.FixtureRequest, enabled: bool, fails: bool
) -> None:
    seen: list[bool] = []
    commit = desk.session.commit

    def committing() -> None:
        seen.append(gc.isenabled())
        if fails:
            raise RuntimeError("refused")
        commit()

    component = loose(desk)
    desk.session.commit = committing
    request.addfinalizer(gc.enable)
    (gc.enable if enabled else gc.disable)()

    with pytest.raises(LocationError) if fails else contextlib.nullcontext():
        add(desk, component)

    assert (seen, gc.isenabled()) == ([False], enabled)
