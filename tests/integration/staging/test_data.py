"""How the data of a component gets into the staging area: straight from a file where it is one, else as ftrack does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.accessor.disk
import ftrack_api.data
import ftrack_api.structure.id
import pytest
from ftrack_api.exception import LocationError
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_accessor import copying
from ftrack_accsyn_accessor.staging import location
from tracking import Desk

CONTENT = b"staged" * 1000


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were copied straight."""
    found: list[str] = []
    copy = copying.copy

    def counted(source: Any, *target: Any) -> None:
        found.append(Path(source.name).name)
        copy(source, *target)

    monkeypatch.setattr(copying, "copy", counted)
    return found


def component(desk: Desk, name: str = "main") -> Any:
    path = desk.publisher.file(f"{name}.mov")
    path.write_bytes(CONTENT)
    return desk.session.create_component(str(path), {"name": name, "version": desk.version()}, location=None)


def add(desk: Desk, *components: Any, source: Any = None) -> None:
    desk.location.add_components(list(components), source or desk.session.get("Location", ORIGIN_LOCATION_ID))


def staged(desk: Desk) -> list[bytes]:
    return [path.read_bytes() for path in sorted(desk.studio.staging.rglob("*.mov"))]


def other_location(desk: Desk, accessor: Callable[[str], Any]) -> Any:
    found = desk.session.ensure("Location", {"name": "other"})
    folder = desk.studio.root / "other"
    folder.mkdir(exist_ok=True)
    found.accessor = accessor(str(folder))
    found.structure = ftrack_api.structure.id.IdStructure()
    return found


def test_file_of_a_disk_is_copied_straight_also_from_another_location(desk: Desk, copies: list[str]) -> None:
    other = other_location(desk, ftrack_api.accessor.disk.DiskAccessor)
    each = component(desk)
    add(desk, component(desk, "second"))
    other.add_component(each, desk.session.get("Location", ORIGIN_LOCATION_ID))

    add(desk, each, source=other)

    assert copies == ["second.mov", Path(other.get_filesystem_path(each)).name]
    assert staged(desk) == [CONTENT, CONTENT]
    assert desk.states() == {"main": "pending", "second": "pending"}


class Decrypting(ftrack_api.accessor.disk.DiskAccessor):  # type: ignore[misc]
    """Its files are something else than what it opens."""

    def open(self, resource_identifier: str, mode: str = "rb") -> Any:
        if "w" in mode:
            return super().open(resource_identifier, mode)
        content = Path(self.get_filesystem_path(resource_identifier)).read_bytes()
        return ftrack_api.data.String(content.swapcase())


def test_what_another_accessor_opens_is_read_from_it(desk: Desk, copies: list[str]) -> None:
    other = other_location(desk, Decrypting)
    each = component(desk)
    other.add_component(each, desk.session.get("Location", ORIGIN_LOCATION_ID))

    add(desk, each, source=other)

    assert copies == []
    assert staged(desk) == [CONTENT.swapcase()]


class Own:
    """What a studio adds to its location: it takes note of what comes by."""

    seen: list[str]

    def _add_data(self, component: Any, resource_identifier: str, source: Any) -> None:
        self.seen.append(f"data {component['name']}")
        super()._add_data(component, resource_identifier, source)  # type: ignore[misc]

    def _register_components_in_location(self, components: Sequence[Any], resource_identifiers: Sequence[str]) -> None:
        self.seen += [f"registered {component['name']}" for component in components]
        super()._register_components_in_location(components, resource_identifiers)  # type: ignore[misc]


def test_location_with_a_studios_own_methods_keeps_them(desk: Desk, copies: list[str]) -> None:
    own = location.find_or_create(desk.session, "artist.own")
    ftrack_api.mixin(own, Own, name="Own")
    own.seen = []
    desk.location = location.configure(desk.session, "artist.own", desk)

    add(desk, component(desk))

    assert own.seen == ["data main", "registered main"]
    assert copies == []
    assert staged(desk) == [CONTENT]
    assert desk.states() == {"main": "pending"}


def test_name_that_is_taken_is_refused_as_ftrack_does(desk: Desk, copies: list[str]) -> None:
    each = component(desk)
    path = desk.studio.staging / desk.location.structure.get_resource_identifier(each)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"somebody else's")

    with pytest.raises(LocationError, match="data already exists"):
        add(desk, each)

    assert copies == []
    assert path.read_bytes() == b"somebody else's"


def test_source_that_is_missing_is_named(desk: Desk) -> None:
    each = component(desk)
    (desk.publisher.folder / "main.mov").unlink()

    with pytest.raises(LocationError, match=r"main\.mov"):
        add(desk, each)

    assert staged(desk) == []


def test_registered_component_is_found_by_its_entities(desk: Desk) -> None:
    each = component(desk)
    add(desk, each)

    row = desk.session.query(f'ComponentLocation where component_id is "{each["id"]}"').one()

    assert row["component"] is each
    assert row["location"] is desk.location
    assert desk.location.get_component_availability(each) == 100.0
