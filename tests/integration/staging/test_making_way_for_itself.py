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


def test_staged_files_that_are_published_under_each_other_s_names_stay(desk: Desk) -> None:
    container = desk.publisher.publish_container(desk.session, desk.version())
    staged = {path.name: path for path in desk.studio.staging.rglob("*.txt")}
    content = {name: path.read_bytes() for name, path in staged.items()}
    roll_back(desk, container)
    again = desk.session.create("ContainerComponent", {"name": "pack", "version": desk.version()})
    for member, path in zip(("a", "b"), reversed([staged[name] for name in sorted(staged)])):
        data = {"name": member, "container": again}
        again["members"].append(desk.session.create_component(str(path), data, location=None))
    desk.session.commit()

    with pytest.raises(ftrack_api.exception.LocationError, match=IN_THE_WAY):
        desk.location.add_component(again, desk.session.get("Location", ORIGIN_LOCATION_ID))

    assert {name: path.read_bytes() for name, path in staged.items()} == content


def test_source_elsewhere_in_the_staging_area_is_published_again(desk: Desk) -> None:
    """Artists may work in the folder of the project."""
    roll_back(desk, desk.publisher.publish_file(desk.version(), "movie"))
    work = desk.studio.staging / "show_a" / "work" / "movie.mov"
    work.parent.mkdir()
    work.write_bytes(b"anew")

    newer = desk.version().create_component(str(work), {"name": "movie"}, location="auto")

    assert desk.item(newer).state is State.PENDING
    assert (desk.studio.staging / MOVIE).read_bytes() == b"anew"
