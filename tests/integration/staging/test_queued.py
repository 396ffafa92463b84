"""What a publish writes into the outbox, whatever structure, transformer and session the host uses."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping
from typing import Any, Optional

import ftrack_api.exception
import ftrack_api.structure.id
import pytest
from ftrack_api.resource_identifier_transformer.base import ResourceIdentifierTransformer
from ftrack_api.structure.standard import StandardStructure
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_accessor.model.item import Endpoint, Kind, State
from ftrack_accsyn_accessor.model.route import batches
from ftrack_accsyn_accessor.staging import location
from tracking import Desk

BASE = "show_a/sq010/sh010/plate/v001"
COMMIT = "create:FileComponent,create:ComponentLocation"
REFUSAL = {"exception": "ValidationError", "content": "Not this one", "error_code": None}


class Sealed(ResourceIdentifierTransformer):  # type: ignore[misc]  # ftrack_api is untyped
    """Keeps no readable path in ftrack."""

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self.decoded = 0

    def encode(self, resource_identifier: str, context: Optional[Mapping[str, Any]] = None) -> str:
        assert context is not None
        sealed = base64.urlsafe_b64encode(resource_identifier.encode()).decode()
        return f"{context['component']['id'][:4]}:{sealed}"

    def decode(self, resource_identifier: str, context: Optional[Mapping[str, Any]] = None) -> str:
        assert context is not None
        self.decoded += 1
        head, _, sealed = resource_identifier.partition(":")
        assert head == context["component"]["id"][:4]
        return base64.urlsafe_b64decode(sealed).decode()


def add(desk: Desk, component: Any) -> None:
    desk.location.add_component(component, desk.session.get("Location", ORIGIN_LOCATION_ID))


def publish_three(desk: Desk) -> dict[str, Any]:
    """Publish a file, a sequence and a container on one version; return them by the path that they are to have."""
    version = desk.version()
    return {
        "main.mov": desk.publisher.publish_file(version),
        "frames.%04d.exr": desk.publisher.publish_sequence(version, [1001, 1002, 1004]),
        "pack": desk.publisher.publish_container(desk.session, version),
    }


# Paths.


def test_transformed_identifier_is_queued_as_path_and_kept_as_ftrack_has_it(desk: Desk) -> None:
    desk.location.resource_identifier_transformer = Sealed(desk.session)

    published = publish_three(desk)

    staged = desk.staged()
    for name, component in published.items():
        publication = desk.item(component).publication
        assert publication.path == f"{BASE}/{name}"
        assert publication.resource_identifier == staged[component["id"]]
        assert publication.path not in publication.resource_identifier
        assert publication.files
        assert all((desk.studio.staging / file.path).is_file() for file in publication.files)
    assert desk.states() == dict.fromkeys(("main", "frames", "pack"), "pending")


def test_transformed_identifiers_arrive_at_their_paths(desk: Desk) -> None:
    desk.location.resource_identifier_transformer = Sealed(desk.session)
    publish_three(desk)

    desk.submit()
    desk.settle()

    names = {path.name: path.read_bytes() for path in desk.publisher.folder.iterdir()}
    renamed = {"pack_a.txt": "pack/a.txt", "pack_b.txt": "pack/b.txt"}
    assert desk.publisher.hq() == {f"{BASE}/{renamed.get(name, name)}": content for name, content in names.items()}


def test_component_registered_without_being_added_is_queued_by_its_decoded_path(desk: Desk) -> None:
    transformer = desk.location.resource_identifier_transformer = Sealed(desk.session)
    component = desk.version().create_component(str(desk.publisher.file()), {"name": "main"}, location=None)
    desk.session.commit()
    path = f"{BASE}/main.mov"
    (desk.studio.staging / path).parent.mkdir(parents=True)
    (desk.studio.staging / path).write_bytes(bytes(2000))
    sealed = transformer.encode(path, {"component": component})

    desk.location._register_component_in_location(component, sealed)

    publication = desk.item(component).publication
    assert (publication.path, publication.resource_identifier) == (path, sealed)
    assert [file.path for file in publication.files] == [path]
    assert desk.states() == {"main": "pending"}


def test_publication_carries_the_volume_and_the_workspace_of_the_settings(desk: Desk) -> None:
    (component,) = desk.publish_files("main")
    desk.settings = desk.settings.__class__(workspace=None, volume="renders")
    (other,) = desk.publish_files("other")

    publications = [desk.item(each).publication for each in (component, other)]

    assert [(each.workspace, each.volume) for each in publications] == [("acme", "projects"), ("", "renders")]


# Projects.


def test_component_of_a_version_id_has_its_project_though_the_session_does_not_populate(desk: Desk) -> None:
    version = desk.version()
    StandardStructure().get_resource_identifier(_loose(desk, version=version))  # the host has seen the version
    desk.session.commit()
    path = str(desk.publisher.file())
    desk.studio.ftrack.log.clear()

    with desk.session.auto_populating(False):
        component = desk.session.create_component(
            path, {"name": "main", "version_id": version["id"]}, location=desk.location
        )

    publication = desk.item(component).publication
    assert (publication.project_id, publication.project_name) == (desk.studio.ids["show_a"], "show_a")
    assert (publication.version_id, publication.version_name) == (version["id"], "plate v001")
    assert desk.studio.ftrack.log.operations() == [COMMIT]


@pytest.mark.parametrize("populates", [True, False])
def test_project_is_asked_for_in_two_calls_where_nothing_of_the_version_is_loaded(desk: Desk, populates: bool) -> None:
    version_id = desk.version()["id"]
    desk.session.reset()
    desk.location = _configured(desk, ftrack_api.structure.id.IdStructure())
    path = str(desk.publisher.file())
    desk.studio.ftrack.log.clear()

    with desk.session.auto_populating(populates):
        component = desk.session.create_component(
            path, {"name": "main", "version_id": version_id}, location=desk.location
        )

    publication = desk.item(component).publication
    assert (publication.project_name, publication.version_name) == ("show_a", "plate v001")
    asked = desk.studio.ftrack.log.operations()
    assert asked == ["query:AssetVersion", "query:AssetVersion", "query:Project", COMMIT]


def test_component_of_which_nothing_is_loaded_has_its_project_though_the_session_does_not_populate(desk: Desk) -> None:
    component_id = _loose(desk, version=desk.version())["id"]
    desk.session.commit()
    desk.session.reset()
    desk.location = _configured(desk, ftrack_api.structure.id.IdStructure())
    (desk.studio.staging / "loose.mov").write_bytes(b"staged")
    component = desk.session.query(f'select id from FileComponent where id is "{component_id}"').one()

    with desk.session.auto_populating(False):
        desk.location._register_component_in_location(component, "loose.mov")

    publication = desk.item(component).publication
    assert (publication.component_name, publication.project_name) == ("loose", "show_a")


def test_members_of_a_container_have_the_project_of_its_version(desk: Desk) -> None:
    desk.location.structure = ftrack_api.structure.id.IdStructure()
    container = desk.publisher.publish_container(desk.session, desk.version())
    member = container["members"][0]
    desk.location.remove_component(member)

    add(desk, member)

    assert desk.item(member).publication.project_name == "show_a"


def test_components_without_a_version_hang_on_no_project_and_go_into_one_job(desk: Desk) -> None:
    desk.location.structure = ftrack_api.structure.id.IdStructure()

    loose = [_loose(desk, f"main{number}", into=desk.location) for number in range(8)]

    items = [desk.item(each) for each in loose]
    assert len({item.publication.path.partition("/")[0] for item in items}) > 1
    assert {(item.publication.project_id, item.publication.project_name) for item in items} == {("", "")}
    assert len(batches(items, "client", Endpoint("acme", "", ""), datetime.date(2026, 1, 2))) == 1


def _loose(desk: Desk, name: str = "loose", into: Any = None, **data: Any) -> Any:
    path = str(desk.publisher.file(f"{name}.mov"))
    return desk.session.create_component(path, {"name": name, **data}, location=into)


def _configured(desk: Desk, structure: Any) -> Any:
    configured = location.configure(desk.session, "artist.desk", desk)
    configured.structure = structure
    return configured


# No members.


def test_sequence_of_no_frames_is_queued_without_files(desk: Desk) -> None:
    version = desk.version()

    component = version.create_component(f"{desk.publisher.folder}/none.%04d.exr []", {"name": "none"}, location="auto")

    item = desk.item(component)
    assert (item.state, item.file_count, item.publication.kind) == (State.PENDING, 0, Kind.SEQUENCE)
    assert item.publication.files == ()


@pytest.mark.parametrize("entity_type", ["SequenceComponent", "ContainerComponent"])
@pytest.mark.parametrize("committed", [True, False])
def test_container_of_no_members_is_queued_without_files(desk: Desk, entity_type: str, committed: bool) -> None:
    component = desk.session.create(entity_type, {"name": "none", "version": desk.version(), "padding": 4})
    if committed:
        desk.session.commit()

    add(desk, component)

    assert desk.item(component).file_count == 0
    assert desk.states() == {"none": "pending"}


def test_container_of_an_empty_sequence_and_a_file_has_that_file(desk: Desk) -> None:
    desk.location.structure = ftrack_api.structure.id.IdStructure()
    outer = desk.session.create("ContainerComponent", {"name": "outer", "version": desk.version()})
    inner = desk.session.create("SequenceComponent", {"name": "inner", "container": outer, "padding": 4})
    outer["members"].append(inner)
    outer["members"].append(_loose(desk, container=outer))

    add(desk, outer)

    assert desk.item(outer).file_count == 1
    assert desk.states() == {"outer": "pending"}


def test_container_whose_members_are_not_loaded_does_not_pass_for_empty(desk: Desk) -> None:
    container = desk.publisher.publish_container(desk.session, desk.version())
    desk.location.remove_component(container)
    container_id = container["id"]
    desk.session.reset()
    desk.location = _configured(desk, ftrack_api.structure.id.IdStructure())
    container = desk.session.get("ContainerComponent", container_id)

    with desk.session.auto_populating(False):
        add(desk, container)

    assert list(desk.outbox.items()) == []


def test_longer_sequence_costs_no_more_calls(desk: Desk) -> None:
    desk.location.resource_identifier_transformer = Sealed(desk.session)
    version = desk.version()
    desk.publisher.publish_file(version, "warm")
    counts = []
    for frames in (3, 60):
        desk.studio.ftrack.log.clear()
        desk.publisher.publish_sequence(version, range(1, 1 + frames), f"frames{frames}")
        counts.append(desk.studio.ftrack.log.count())
    assert counts[0] == counts[1]
    assert desk.location.resource_identifier_transformer.decoded == 0


# Publishes that ftrack refuses.


def test_refused_publish_leaves_no_item_that_is_owned(desk: Desk) -> None:
    version = desk.version()
    desk.studio.ftrack.switches.fail_next("create:FileComponent", status=200, body=REFUSAL)

    with pytest.raises(ftrack_api.exception.LocationError, match="Not this one"):
        desk.publisher.publish_file(version)

    (item,) = desk.outbox.items()
    assert (item.state, item.owner) == (State.PREPARED, "")


def test_container_that_cannot_be_staged_whole_is_given_up_after_its_first_level(desk: Desk) -> None:
    desk.location.structure = ftrack_api.structure.id.IdStructure()
    outer = desk.session.create("ContainerComponent", {"name": "outer", "version": desk.version()})
    inner = desk.session.create("ContainerComponent", {"name": "inner", "container": outer})
    inner["members"].append(_loose(desk, "first", container=inner))
    outer["members"].append(inner)
    lost = _loose(desk, "second", container=outer)
    outer["members"].append(lost)
    (desk.publisher.folder / "second.mov").unlink()

    with pytest.raises(ftrack_api.exception.LocationError):
        add(desk, outer)

    (item,) = desk.outbox.items()
    assert (item.publication.component_name, item.state, item.owner) == ("outer", State.PREPARED, "")


def test_publish_whose_answer_was_lost_leaves_the_question_to_the_worker(desk: Desk) -> None:
    version = desk.version()
    desk.studio.ftrack.switches.drop_after("create:FileComponent")

    with pytest.raises(ftrack_api.exception.LocationError):
        desk.publisher.publish_file(version)

    (item,) = desk.outbox.items()
    assert (item.state, item.owner) == (State.PREPARED, "")
    assert item.publication.component_id in desk.staged()


def test_other_components_of_the_session_are_not_given_up_with_a_refused_one(desk: Desk) -> None:
    version = desk.version()
    desk.publisher.publish_file(version, "good")
    desk.studio.ftrack.switches.fail_next("create:FileComponent", status=200, body=REFUSAL)
    with pytest.raises(ftrack_api.exception.LocationError):
        desk.publisher.publish_file(version, "bad")
    assert desk.states() == {"good": "pending", "bad": "prepared"}
