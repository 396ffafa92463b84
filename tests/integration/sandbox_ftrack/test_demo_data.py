"""The fuller demo studio, as a client finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ftrack_api
import pytest
from ftrack_api.structure.standard import StandardStructure

from ftrack_accsyn_sandbox.ftrack import demo_data
from ftrack_accsyn_sandbox.studio import Studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio"), demo_data=True) as studio:
        yield studio


@pytest.fixture(scope="module")
def session(studio: Studio) -> Iterator[ftrack_api.Session]:
    with ftrack_api.Session(
        studio.ftrack.url,
        studio.artist.ftrack_key,
        studio.artist.ftrack_user,
        schema_cache_path=False,
        plugin_paths=[],
        auto_connect_event_hub=False,
    ) as session:
        yield session


@pytest.mark.parametrize(
    ("expression", "least"),
    [
        ("Project where status is active", 5),
        ("Shot where project.name is film", 240),
        ("Shot where parent.parent[Episode].name is ep02", 40),
        ("AssetVersion where asset.parent.project.name is series", 120),
        ("SequenceComponent", 39),
        ("AssetVersionList where items any ()", 4),
        ("TypedContextList where items any ()", 4),
        ("ReviewSession where review_session_objects any ()", 4),
        ("TypedContextLink", 700),
        ("AssetVersionLink", 30),
        ('User where user_security_roles.security_role.name is "Project Manager"', 2),
        ("Group where memberships any ()", 6),
        ("Timelog", 50),
        ("Note where note_label_links.label.name is Internal", 100),
        ("Shot where scopes any ()", 40),
        ('Shot where custom_attributes any (key is "fend" and value > 1100)', 100),
    ],
)
def test_there_is_something_to_be_found(session: Any, expression: str, least: int) -> None:
    assert len(session.query(expression).all()) >= least


def test_what_is_registered_lies_where_it_should(studio: Studio, session: Any) -> None:
    rows = session.query(
        "select location.name, resource_identifier, component.size, component.system_type from ComponentLocation"
    ).all()
    files = [row for row in rows if row["component"]["system_type"] == "file"]
    assert len(files) > 1000
    for row in files:
        path: Path = studio.site(row["location"]["name"].split(".")[1]) / row["resource_identifier"]
        assert path.stat().st_size == row["component"]["size"]


@pytest.mark.parametrize("entity_type", ["SequenceComponent", "FileComponent"])
def test_identifiers_are_those_of_the_standard_structure(session: Any, entity_type: str) -> None:
    component = session.query(f"{entity_type} where version.asset.parent.project.name is series").first()
    (row,) = session.query(f'ComponentLocation where component_id is "{component["id"]}" limit 1').all()[:1]
    assert row["resource_identifier"] == StandardStructure().get_resource_identifier(component)


def test_every_show_is_among_the_ids(studio: Studio) -> None:
    assert {show.name for show in demo_data.SHOWS} <= set(studio.ids)
