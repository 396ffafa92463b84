"""Identifiers that lead out of the staging area: ftrack's accessor error, nothing touched, nothing queued."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import ftrack_api
import pytest
from ftrack_api.structure.base import Structure

from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.staging.location import StagingLocationMixin
from publishing import Publisher


class Fixed(Structure):
    """A pipeline's structure that has its own idea of where things go."""

    def __init__(self, identifier: str) -> None:
        super().__init__()
        self._identifier = identifier

    def get_resource_identifier(self, entity: Any, context: Any = None) -> str:
        return self._identifier


def everything_below(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in sorted(root.rglob("*")) if ".ftrack-accsyn" not in path.parts}


@pytest.mark.parametrize(
    "identifier",
    [
        "../outside.mov",
        "show_a/../../outside.mov",
        "../staging-secret/outside.mov",
        "{parent}/staging-secret/outside.mov",
        "{parent}/outside.mov",
        "link/outside.mov",
        "..\\outside.mov",
        "show_a/\0outside.mov",
    ],
)
def test_publish_to_an_identifier_outside_of_the_staging_area_is_refused_and_touches_nothing(
    publisher: Publisher, identifier: str
) -> None:
    studio = publisher.studio
    secret = studio.root / "staging-secret"
    secret.mkdir()
    (secret / "kept.txt").write_text("kept", encoding="utf-8")
    (studio.staging / "link").symlink_to(secret)
    session = publisher.session()
    location = session.pick_location()
    location.structure = Fixed(identifier.replace("{parent}", str(studio.root)))
    version = publisher.version(session)
    before = everything_below(studio.root)

    with pytest.raises(ftrack_api.exception.LocationError) as raised:
        publisher.publish_file(version)

    causes = chain(raised.value)
    assert any(isinstance(cause, ftrack_api.exception.AccessorError) for cause in causes), causes
    assert everything_below(studio.root) == before
    assert sum(publisher.outbox.counts().values()) == 0
    assert studio.ftrack.store.find("ComponentLocation", location_id=location["id"]) == []


def chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: Any = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


def test_session_publishes_on_after_an_identifier_was_refused(publisher: Publisher) -> None:
    session = publisher.session()
    location = session.pick_location()
    structure, location.structure = location.structure, Fixed("../outside.mov")
    version = publisher.version(session)
    with pytest.raises(ftrack_api.exception.LocationError):
        publisher.publish_file(version, "refused")
    location.structure = structure

    component = publisher.publish_file(version, "accepted")

    assert publisher.submitted(component)[0].state is not State.NEEDS_ATTENTION
    assert isinstance(location, StagingLocationMixin)
    assert location["name"] == f"artist.{socket.gethostname()}"


@pytest.mark.parametrize("identifier", ["deep/er/than/usual/plate.mov", "./show_a//plate.mov", "show_a\\plate.mov"])
def test_identifier_of_a_custom_structure_inside_of_the_staging_area_is_published_as_it_is(
    publisher: Publisher, identifier: str
) -> None:
    session = publisher.session()
    location = session.pick_location()
    location.structure = Fixed(identifier)

    component = publisher.publish_file(publisher.version(session))

    publisher.submitted(component)
    assert location.get_resource_identifier(component) == identifier
    publisher.studio.accsyn.engine.wait_idle()
    path = os.path.normpath(identifier.replace("\\", "/"))
    assert list(publisher.hq()) == [path]
