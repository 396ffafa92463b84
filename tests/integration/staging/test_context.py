"""Where an item hangs in its project, as the publish has read it anyway: names that people know, not folders."""

from __future__ import annotations

from typing import Any

import ftrack_api.structure.id
import pytest

from tracking import Desk

DEEP = [("Folder", "Season 1"), ("Episode", "ep 01"), ("Sequence", "東京"), ("Shot", "Été/10")]


def version_at(desk: Desk, *contexts: tuple[str, str]) -> Any:
    """Return a version of an asset at the end of *contexts*, each a type and a name, from the project down."""
    session = desk.session
    parent = session.get("Project", desk.studio.ids["show_b"])
    for entity_type, name in contexts:
        parent = session.create(entity_type, {"name": name, "parent": parent})
    asset = session.create("Asset", {"name": "model", "type": session.query("AssetType").first(), "parent": parent})
    version = session.create("AssetVersion", {"asset": asset})
    session.commit()
    return version


@pytest.mark.parametrize(
    ("contexts", "context", "title"),
    [
        ([], "", "show_b model v001 main"),
        ([("AssetBuild", "Hero")], "Hero", "show_b Hero model v001 main"),
        (DEEP, "Season 1/ep 01/東京/Été/10", "show_b Season 1/ep 01/東京/Été/10 model v001 main"),
    ],
    ids=["on the project itself", "asset build", "deep, with blanks and in any script"],
)
def test_item_tells_the_names_between_project_and_asset(
    desk: Desk, contexts: list[tuple[str, str]], context: str, title: str
) -> None:
    component = desk.publisher.publish_file(version_at(desk, *contexts))

    publication = desk.item(component).publication
    assert (publication.context, publication.title) == (context, title)


def test_version_of_a_task_and_members_of_a_container_hang_on_the_shot(desk: Desk) -> None:
    desk.location.structure = ftrack_api.structure.id.IdStructure()  # which reads nothing of all that
    version = desk.version()  # on the shot's animation task
    published = [desk.publisher.publish_container(desk.session, version), desk.publisher.publish_file(version)]

    assert {desk.item(each).publication.context for each in published} == {"sq010/sh010"}


def test_context_costs_no_call(desk: Desk) -> None:
    version = desk.version()
    desk.publisher.publish_file(version, "warm")
    path = str(desk.publisher.file())
    desk.studio.ftrack.log.clear()

    component = version.create_component(path, {"name": "main"}, location=desk.location)

    assert desk.item(component).publication.context == "sq010/sh010"
    assert desk.studio.ftrack.log.operations() == ["create:FileComponent,create:ComponentLocation"]


def test_component_on_no_version_is_called_by_its_path_too(desk: Desk) -> None:
    desk.location.structure = ftrack_api.structure.id.IdStructure()
    component = desk.session.create_component(str(desk.publisher.file()), {"name": "loose"}, location=desk.location)

    publication = desk.item(component).publication
    assert (publication.context, publication.title) == ("", f"loose {publication.path}")
