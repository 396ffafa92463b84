"""Our structure and accessor in a location of a real ftrack session: file, sequence and container."""

from __future__ import annotations

import os

import ftrack_api
import ftrack_api.exception
import pytest
from ftrack_api.structure.standard import StandardStructure

from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from ftrack_accsyn_accessor.staging.entities import container_id
from ftrack_accsyn_accessor.staging.structure import StagingStructure
from ftrack_accsyn_sandbox.ftrack import FtrackService
from ftrack_accsyn_sandbox.ftrack.demo import build

FRAMES = 12


@pytest.fixture(scope="module")
def service():
    with FtrackService() as service:
        build(service.store)
        service.add_user("artist", "artist-key")
        yield service


@pytest.fixture
def session(service, monkeypatch, tmp_path):
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path))
    session = ftrack_api.Session(service.url, "artist-key", "artist", plugin_paths=[], auto_connect_event_hub=False)
    yield session
    session.close()


@pytest.fixture
def version(session):
    version = new_version(session)
    session.commit()
    return version


@pytest.fixture
def components(session, version, tmp_path):
    """One component of each type, the containers with members, all uncommitted to any location but the origin."""
    sources = tmp_path / "sources"
    sources.mkdir()
    for frame in range(1001, 1001 + FRAMES):
        (sources / f"beauty.{frame}.exr").write_text(f"frame {frame}")
    (sources / "movie.mov").write_text("movie")
    sequence = f"{sources}/beauty.%04d.exr [1001-{1000 + FRAMES}]"
    movie = version.create_component(str(sources / "movie.mov"), {"name": "Möv ie"}, location=None)
    beauty = version.create_component(sequence, {"name": "beauty"}, location=None)
    container = session.create("ContainerComponent", {"name": "textures", "version": version})
    for name in ("diffuse", "Nor mal"):
        (sources / name).write_text(name)
        data = {"name": name, "container": container}
        session.create_component(str(sources / name), data, location=None)
    session.commit()
    return {"movie": movie, "beauty": beauty, "textures": container}


def new_version(session):
    shot = session.query('Shot where project.name is "show_a"').first()
    asset_type = session.query("AssetType").first()
    asset = session.create("Asset", {"name": "Comp é", "parent": shot, "type": asset_type})
    return session.create("AssetVersion", {"asset": asset})


def with_members(components):
    for component in components.values():
        yield component
        if "members" in component.keys():  # noqa: SIM118  # as ftrack_api tells containers
            yield from component["members"]


def test_identifiers_are_those_of_standard_structure(components):
    entities = list(with_members(components))
    assert len(entities) == 3 + FRAMES + 2
    expected = [StandardStructure().get_resource_identifier(entity) for entity in entities]
    ours = StagingStructure()
    assert [ours.get_resource_identifier(entity) for entity in entities] == expected
    with ours.one_publish():
        assert [ours.get_resource_identifier(entity) for entity in entities] == expected


def test_container_is_known_by_its_id_without_asking_for_it(components, service):
    pairs = [(components[name], member) for name in ("beauty", "textures") for member in components[name]["members"]]
    service.log.clear()
    assert container_id(components["movie"]) is None
    assert all(container_id(member) == container["id"] for container, member in pairs)
    assert service.log.count() == 0
    assert all(member["container"] == container for container, member in pairs)


def test_uncommitted_version_is_refused(session):
    component = session.create("FileComponent", {"name": "movie", "file_type": ".mov", "version": new_version(session)})
    for structure in (StandardStructure(), StagingStructure()):
        with pytest.raises(ftrack_api.exception.StructureError, match="committed"):
            structure.get_resource_identifier(component)
    session.commit()
    assert StagingStructure().get_resource_identifier(component).endswith("/comp_e/v001/movie.mov")


def test_publish_stages_every_member_under_its_name(session, components, tmp_path):
    root = tmp_path / "staging"
    root.mkdir()
    location = session.create("Location", {"name": f"staging-{tmp_path.name}"})
    session.commit()
    location.accessor = AccsynAccessor(prefix=str(root))
    location.structure = StagingStructure()
    origin = session.get("Location", ftrack_api.symbol.ORIGIN_LOCATION_ID)
    with location.structure.one_publish():
        location.add_components(list(components.values()), origin)
    folder = os.path.dirname(location.get_resource_identifier(components["movie"]))
    staged = {str(path.relative_to(root / folder)): path.read_text() for path in root.rglob("*") if path.is_file()}
    frames = {f"beauty.{frame}.exr": f"frame {frame}" for frame in range(1001, 1001 + FRAMES)}
    textures = {"textures/diffuse": "diffuse", "textures/nor_mal": "Nor mal"}
    assert staged == {"mov_ie.mov": "movie", **frames, **textures}
