"""Single files go to and fro between the staging location and ftrack.server, which keeps no folders."""

from __future__ import annotations

from typing import Any

import pytest
from ftrack_api.exception import LocationError
from ftrack_api.symbol import SERVER_LOCATION_ID

from exchange import LARGE_BYTES, Kit, read, staged_files
from ftrack_accsyn_accessor.model.item import State
from tracking import Desk


@pytest.fixture
def server(desk: Desk) -> Any:
    return desk.session.get("Location", SERVER_LOCATION_ID)


@pytest.mark.parametrize("size_bytes", [0, 2000, LARGE_BYTES])
def test_file_of_the_server_is_staged_whole_queued_and_arrives(
    desk: Desk, kit: Kit, server: Any, size_bytes: int
) -> None:
    file = kit.file("Åsa Öhman", size_bytes)
    kit.put(file, server)

    desk.location.add_component(file, server)

    assert read(desk.location, file) == kit.expected(file)
    assert desk.staged() == {file["id"]: "show_a/sq010/sh010/plate/v001/asa_ohman.mov"}
    desk.submit()
    desk.settle()
    assert desk.all_in(State.SYNCED)
    assert list(desk.publisher.hq().values()) == list(kit.content.values())


def test_staged_file_is_uploaded_whole_and_goes_on_to_head_quarters(desk: Desk, kit: Kit, server: Any) -> None:
    file = kit.file()
    kit.put(file, desk.location)

    server.add_component(file, desk.location)

    assert desk.studio.ftrack.storage.files == kit.expected(file)
    assert server.get_component_availability(file) == 100.0
    desk.submit()
    desk.settle()
    assert list(desk.publisher.hq().values()) == list(kit.content.values())
    server.remove_component(file)
    assert read(desk.location, file) == kit.expected(file)


@pytest.mark.parametrize("fault", ["missing", "dropped"])
def test_file_that_the_server_does_not_give_leaves_nothing(desk: Desk, kit: Kit, server: Any, fault: str) -> None:
    file = kit.file()
    kit.put(file, server)
    if fault == "missing":
        desk.studio.ftrack.storage.files.clear()
    else:
        desk.studio.ftrack.switches.drop_before("/component/get")

    with pytest.raises(LocationError):
        desk.location.add_component(file, server)

    assert staged_files(desk) == []
    assert desk.states() == {}


def test_file_that_came_shorter_than_ftrack_knows_it_is_told_of_and_not_sent(desk: Desk, kit: Kit, server: Any) -> None:
    file = kit.file()
    kit.put(file, server)
    desk.studio.ftrack.switches.garble("/component/get", kind="truncated")

    desk.location.add_component(file, server)

    item = desk.item(file)
    assert item.state is State.NEEDS_ATTENTION
    assert "1000 bytes" in item.cause
    assert "2000" in item.cause
    desk.submit()
    assert desk.studio.accsyn.workspace.jobs() == []
