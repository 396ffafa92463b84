"""What makes way is never what the publish is about: its own item, or the file that it comes from."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ftrack_api.exception
import pytest
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.staging import location
from tracking import Desk

MOVIE = "show_a/sq010/sh010/plate/v001/movie.mov"
IN_THE_WAY = "data already exists"


def unregister(desk: Desk, component: Any) -> None:
    """Somebody deletes what ftrack has of *component* in the location, and the worker notices it."""
    rows = desk.studio.ftrack.store.find("ComponentLocation", component_id=component["id"])
    for row in rows:
        if row["location_id"] == desk.location["id"]:
            desk.studio.ftrack.store.delete("ComponentLocation", row["id"])
    assert desk.outbox.withdraw([desk.item(component)], "ftrack does not have it") == 1


def test_component_that_is_added_again_is_sent_although_its_own_file_made_way(desk: Desk) -> None:
    component = desk.publisher.publish_file(desk.version(), "movie")
    unregister(desk, component)

    desk.location.add_component(component, desk.session.get("Location", ORIGIN_LOCATION_ID))

    assert desk.item(component).state is State.PENDING
    desk.submit()
    desk.settle()
    assert desk.item(component).state is State.SYNCED


def roll_back(desk: Desk, component: Any) -> None:
    desk.session.reset()
    desk.location = location.configure(desk.session, "artist.desk", desk)
    desk.session.delete(desk.session.get("AssetVersion", component["version_id"]))
    desk.session.commit()


def itself(staged: Path, folder: Path) -> Path:
    return staged


def linked(staged: Path, folder: Path) -> Path:
    link = folder / "linked.mov"
    link.symlink_to(staged)
    return link


def hard_linked(staged: Path, folder: Path) -> Path:
    link = folder / "linked.mov"
    os.link(staged, link)
    return link


@pytest.mark.parametrize("source", [itself, linked, hard_linked])
def test_staged_file_that_is_published_itself_stays(desk: Desk, source: Callable[[Path, Path], Path]) -> None:
    component = desk.publisher.publish_file(desk.version(), "movie")
    roll_back(desk, component)
    staged = desk.studio.staging / MOVIE
    content = staged.read_bytes()

    with pytest.raises(ftrack_api.exception.LocationError, match=IN_THE_WAY):
        desk.version().create_component(str(source(staged, desk.publisher.folder)), {"name": "movie"}, location="auto")

    assert staged.read_bytes() == content
