"""What can be broken in the studio, as the real clients see it, and as they see it mended."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ftrack_api
import pytest
import requests

from ftrack_accsyn_accessor.cli.sandbox_controls import WHAT
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import Credentials
from ftrack_accsyn_accessor.workspace import Workspace
from ftrack_accsyn_sandbox.accsyn.people import invited
from ftrack_accsyn_sandbox.breakage import KINDS, Breakage
from ftrack_accsyn_sandbox.control import HEADER, ControlService
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture
def breakage(studio: Studio) -> Iterator[Breakage]:
    found = Breakage(studio)
    yield found
    found.mend()


@pytest.fixture
def accsyn(studio: Studio) -> Iterator[Workspace]:
    found = studio.environment()
    credentials = Credentials(found["ACCSYN_WORKSPACE"], found["ACCSYN_API_USER"], found["ACCSYN_API_KEY"])
    workspace = Workspace(credentials, proxy=found["ACCSYN_PROXY"])
    yield workspace
    workspace.close()


def ftrack_session(studio: Studio, **options: Any) -> Any:
    found = studio.environment()
    return ftrack_api.Session(
        server_url=found["FTRACK_SERVER"],
        api_user=found["FTRACK_API_USER"],
        api_key=found["FTRACK_API_KEY"],
        schema_cache_path=found["FTRACK_API_SCHEMA_CACHE_PATH"],
        **{"auto_connect_event_hub": False, "plugin_paths": [], **options},
    )


def queued(studio: Studio, name: str, size_bytes: int = 10) -> str:
    """Queue the transfer of a new file; return the id of its job."""
    from integration.sandbox_accsyn.bare_client import Session  # here, for tests that need no client run anyway

    (studio.staging / name).write_bytes(b"x" * size_bytes)
    found = studio.environment()
    session = Session(
        workspace=found["ACCSYN_WORKSPACE"],
        username=found["ACCSYN_API_USER"],
        api_key=found["ACCSYN_API_KEY"],
        proxy=found["ACCSYN_PROXY"],
        path_envfile=os.devnull,
    )
    task = {"source": f"client={studio.demo.artist_client.id}:share=projects/{name}", "destination": "acme"}
    return str(session.create("Job", {"code": name, "tasks": [task]})["id"])


def status(studio: Studio, job_id: str) -> str:
    return next(row.status for row in studio.demo.workspace.jobs() if row.id == job_id)


def test_the_command_line_offers_exactly_what_can_be_broken() -> None:
    assert tuple(KINDS) == WHAT
    for kind in KINDS.values():
        assert kind.broken.endswith(".")
        assert kind.mended.endswith(".")


def test_accsyn_is_away_and_back(breakage: Breakage, accsyn: Workspace) -> None:
    assert accsyn.check_role() == "employee"
    breakage.begin("accsyn")
    for _ in range(2):
        with pytest.raises(errors.Unreachable):
            accsyn.find_queue("show_a")
    assert breakage.mend() == [KINDS["accsyn"].mended]
    assert accsyn.find_queue("show_a")


def connected(studio: Studio) -> ftrack_api.Session:
    session = ftrack_session(studio, auto_connect_event_hub=True)
    wait_until(lambda: session.event_hub.connected and studio.ftrack.hub.connection_count == 1)
    # The client would try for minutes, and silence every log of the process meanwhile.
    session.event_hub._auto_reconnect_attempts = 0
    return session


def test_ftrack_is_away_and_back_with_its_event_hub(breakage: Breakage, studio: Studio) -> None:
    session = connected(studio)
    breakage.begin("ftrack")
    with pytest.raises(requests.ConnectionError):
        session.query("Project").all()
    wait_until(lambda: studio.ftrack.hub.connection_count == 0)
    breakage.mend()
    again = connected(studio)
    assert len(again.query("Project").all()) == 2
    for each in (again, session):
        each.close()


@pytest.mark.usefixtures("bare_client")
def test_the_client_is_offline_and_online(breakage: Breakage, studio: Studio) -> None:
    breakage.begin("client")
    job = queued(studio, "client.mov")
    studio.accsyn.engine.wait_idle()
    assert status(studio, job) == "waiting"
    breakage.mend()
    studio.accsyn.engine.wait_idle()
    assert status(studio, job) == "done"


def test_the_disk_is_unplugged_and_plugged_in(breakage: Breakage, studio: Studio) -> None:
    (studio.staging / "kept").write_text("data", encoding="utf-8")
    breakage.begin("disk")
    breakage.begin("disk")
    assert not studio.staging.exists()
    assert breakage.mend(["disk"]) == [KINDS["disk"].mended]
    assert (studio.staging / "kept").read_text(encoding="utf-8") == "data"


def test_a_disk_that_cannot_come_back_stays_broken(breakage: Breakage, studio: Studio) -> None:
    breakage.begin("disk")
    studio.staging.mkdir()
    (studio.staging / "in the way").touch()
    with pytest.raises(FileExistsError):
        breakage.mend()
    assert breakage.broken == ("disk",)
    (studio.staging / "in the way").unlink()
    assert breakage.mend() == [KINDS["disk"].mended]


def test_the_keys_are_refused_and_accepted_but_for_those_changed_meanwhile(
    breakage: Breakage, accsyn: Workspace, studio: Studio
) -> None:
    people = studio.demo.workspace
    guest = invited(people, "guest@elsewhere.test", mail=False)
    assert accsyn.check_role() == "employee"
    breakage.begin("key")
    with pytest.raises(errors.Unauthorised):
        accsyn.find_queue("show_a")
    people.sign_up(guest.code, "a new key")
    breakage.mend()
    assert accsyn.find_queue("show_a")
    assert people.user(guest.code).api_key == "a new key"


@pytest.mark.usefixtures("bare_client")
def test_tasks_fail_those_on_their_way_as_well_until_that_is_mended(breakage: Breakage, studio: Studio) -> None:
    engine = studio.accsyn.engine
    engine.speed_bytes_per_s = 100_000
    running = queued(studio, "running.mov", 5_000_000)
    assert engine.wait_until(lambda: status(studio, running) == "running")
    breakage.begin("transfer")
    coming = queued(studio, "coming.mov")
    engine.wait_idle()
    assert (status(studio, running), status(studio, coming)) == ("failed", "failed")
    engine.speed_bytes_per_s = None
    breakage.mend()
    for job in (running, coming):
        studio.demo.workspace.resume_job(job)
    engine.wait_idle()
    assert (status(studio, running), status(studio, coming)) == ("done", "done")


def test_a_log_in_page_stands_in_for_both_servers(breakage: Breakage, accsyn: Workspace, studio: Studio) -> None:
    session = ftrack_session(studio)
    breakage.begin("portal")
    page = requests.get(studio.ftrack.url, timeout=10)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    with pytest.raises(ftrack_api.exception.ServerError, match="Hotel Wi-Fi"):
        session.query("Project").all()
    with pytest.raises(errors.Unreachable, match="Hotel Wi-Fi"):
        accsyn.check_role()
    breakage.mend()
    assert len(session.query("Project").all()) == 2
    assert accsyn.check_role() == "employee"


def test_each_is_mended_by_itself_and_all_together(breakage: Breakage) -> None:
    breakage.begin("client")
    breakage.begin("accsyn")
    assert breakage.broken == ("client", "accsyn")
    assert breakage.mend(["disk"]) == []
    assert breakage.mend(["client"]) == [KINDS["client"].mended]
    breakage.begin("disk")
    assert breakage.mend() == [KINDS["accsyn"].mended, KINDS["disk"].mended]
    assert breakage.mend() == []


# Its controls.


def asked(control: ControlService, path: str, method: str = "POST", token: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", control.port, timeout=10)
    connection.request(method, path, headers={HEADER: token or control.token})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, json.loads(text) if text.startswith("{") else text


def test_the_controls_do_what_is_asked_with_their_token_alone(breakage: Breakage, studio: Studio) -> None:
    with ControlService(breakage) as control:
        assert asked(control, "/break/client", token="another")[0] == 403
        assert asked(control, "/mend", token="another")[0] == 403
        assert asked(control, "/break/everything")[0] == 404
        assert breakage.broken == ()
        assert asked(control, "/break/client") == (200, {"said": [KINDS["client"].broken]})
        assert asked(control, "/", "GET") == (200, {"broken": ["client"]})
        assert asked(control, "/mend") == (200, {"said": [KINDS["client"].mended]})
        asked(control, "/break/disk")
        studio.staging.mkdir()
        in_the_way = studio.staging / "in the way"
        in_the_way.touch()
        refused, answer = asked(control, "/mend/disk")
        in_the_way.unlink()
    assert refused == 409
    assert f"{studio.staging} is there although its disk is not" in answer["error"]


def test_each_studio_has_a_token_of_its_own(breakage: Breakage, tmp_path: Path) -> None:
    assert ControlService(breakage).token != ControlService(breakage).token
