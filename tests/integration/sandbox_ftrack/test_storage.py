"""The location ftrack.server, used by the real client: files are uploaded, given out to who may have them, removed."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
import requests
from ftrack_api.exception import LocationError
from ftrack_api.symbol import ORIGIN_LOCATION_ID, SERVER_LOCATION_ID

from ftrack_accsyn_sandbox.ftrack.storage import CHECKSUM

CONTENT = b"\x00\xff{movie}\r\n"


@pytest.fixture
def component(session: Any, tmp_path: Path) -> Any:
    (tmp_path / "main.mov").write_bytes(CONTENT)
    component = session.create_component(str(tmp_path / "main.mov"), {"name": "main"}, location=None)
    session.commit()
    return component


@pytest.fixture
def server(session: Any, component: Any) -> Any:
    """The location, with the component in it."""
    server = session.get("Location", SERVER_LOCATION_ID)
    server.add_component(component, session.get("Location", ORIGIN_LOCATION_ID))
    return server


def test_what_was_added_is_kept_and_read_back(studio: Any, component: Any, server: Any) -> None:
    assert studio.service.storage.files == {component["id"]: CONTENT}
    assert server.get_resource_identifier(component) == component["id"]
    assert server.accessor.open(component["id"]).read() == CONTENT
    assert requests.get(server.get_url(component), timeout=10).content == CONTENT


def test_what_was_removed_is_gone(studio: Any, component: Any, server: Any) -> None:
    server.remove_component(component)

    assert studio.service.storage.files == {}
    assert requests.get(server.accessor.get_url(component["id"]), timeout=10).status_code == 404


def test_nobody_gets_or_removes_a_file_without_a_key(studio: Any, component: Any, server: Any) -> None:
    for action in ("get", "remove"):
        url = f"{studio.service.url}/component/{action}?id={component['id']}&username=artist&apiKey=wrong"
        assert requests.get(url, timeout=10).status_code == 401
    assert studio.service.storage.files == {component["id"]: CONTENT}


@pytest.mark.parametrize(
    ("content", "headers"), [(b"short", {}), (b"x" * len(CONTENT), {}), (CONTENT, {CHECKSUM: "another"})]
)
def test_file_that_is_not_what_was_announced_is_refused(
    studio: Any, session: Any, component: Any, server: Any, content: bytes, headers: dict[str, str]
) -> None:
    checksum = base64.b64encode(hashlib.md5(CONTENT).digest()).decode()
    announced = session.get_upload_metadata(component["id"], "main.mov", len(CONTENT), checksum)

    answer = requests.put(announced["url"], content, headers={**announced["headers"], **headers}, timeout=10)

    assert answer.status_code == 400
    assert studio.service.storage.files == {component["id"]: CONTENT}


def test_an_address_serves_one_upload(session: Any, component: Any) -> None:
    announced = session.get_upload_metadata(component["id"], "main.mov", len(CONTENT))

    answers = [requests.put(announced["url"], CONTENT, headers=announced["headers"], timeout=10) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 403]


def test_an_upload_that_fails_registers_nothing(studio: Any, session: Any, component: Any) -> None:
    studio.service.switches.fail_next("put_file", status=503)
    server = session.get("Location", SERVER_LOCATION_ID)

    with pytest.raises(LocationError, match="503"):
        server.add_component(component, session.get("Location", ORIGIN_LOCATION_ID))

    assert studio.service.store.find("ComponentLocation") == []


def test_a_thumbnail_is_got_by_its_address(component: Any, server: Any) -> None:
    answer = requests.get(server.get_thumbnail_url(component, size=10), timeout=10)
    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_what_has_a_thumbnail_tells_an_address_that_needs_no_key(
    session: Any, studio: Any, component: Any, server: Any
) -> None:
    component["file_type"] = ".jpg"
    shot = session.get("Shot", studio.ids["show_a/sq010/sh010"])
    shot["thumbnail"] = component
    session.commit()
    url = session.query(f'select thumbnail_url from Shot where id is "{shot["id"]}"').one()["thumbnail_url"]["url"]

    assert requests.get(url, timeout=10).content == CONTENT
    assert requests.get(url[:-1], timeout=10).status_code == 401


@pytest.mark.parametrize("entity_type", ["Project", "Task", "User"])
def test_what_has_no_thumbnail_tells_the_address_of_a_picture_all_the_same(session: Any, entity_type: str) -> None:
    answer = requests.get(session.query(entity_type).first()["thumbnail_url"]["url"], timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
