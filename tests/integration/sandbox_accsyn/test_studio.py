"""The whole studio: one environment by which a process finds both services, and the demo in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest
import requests

from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_USER_SERVER, Ticks
from ftrack_accsyn_sandbox.service import HOST
from ftrack_accsyn_sandbox.studio import Studio

SCRIPT = """
import accsyn_api, ftrack_api
accsyn = accsyn_api.Session()
ftrack = ftrack_api.Session(auto_connect_event_hub=False)
print(accsyn._role, accsyn.app_is_running(), ftrack.api_user)
print(*sorted(project["name"] for project in ftrack.query("Project")))
client = accsyn.find("Client WHERE type=0")[0]
accsyn.integration("ftrack", "client_register", {"client": client["id"], "location": "x"})
destination = accsyn.get_setting(name="upload_location", integration="ftrack", data={"location_id": "x"})
print(ftrack.get("Location", destination["id"])["name"])
"""


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with Studio(tmp_path / "studio") as running:
        yield running


@pytest.mark.usefixtures("bare_client")
def test_process_finds_the_studio_by_its_environment_alone(studio: Studio, tmp_path: Path) -> None:
    environment = {**{name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}}
    environment.update(studio.environment(), HOME=str(tmp_path))
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["employee True artist", "show_a show_b", "studio.hq"], done.stderr


def test_environment_names_existing_folders(studio: Studio) -> None:
    environment = studio.environment()
    assert Path(environment["ACCSYN_PROJECTS_PATH"]) == studio.staging
    for folder in (studio.staging, studio.hq, studio.site("london"), Path(environment["FTRACK_API_SCHEMA_CACHE_PATH"])):
        assert folder.is_dir()
    assert studio.site("hq") == studio.hq


@pytest.mark.parametrize(
    ("user", "email", "ftrack_user"),
    [
        ("admin", "admin@acme.test", "admin"),
        ("artist", "artist@acme.test", "artist"),
        ("vendor", "vendor@acme.test", "artist"),
        ("remote", "remote@acme.test", "remote"),
    ],
)
def test_each_person_has_an_environment(studio: Studio, user: str, email: str, ftrack_user: str) -> None:
    environment = studio.environment(user)
    assert (environment["ACCSYN_API_USER"], environment["FTRACK_API_USER"]) == (email, ftrack_user)


def test_employee_elsewhere_works_in_a_folder_of_their_own(studio: Studio) -> None:
    folder = studio.user_folder("remote@acme.test")
    assert studio.demo.remote_client.folders == {studio.demo.volume.id: folder}
    assert studio.environment("remote")["ACCSYN_PROJECTS_PATH"] == str(folder)
    assert studio.environment("remote")["FTRACK_ACCSYN_CLIENT"] == studio.demo.remote_client.id
    assert "FTRACK_ACCSYN_CLIENT" not in studio.environment()
    assert folder.is_dir()
    assert folder != studio.user_folder("artist@acme.test") == studio.staging
    with pytest.raises(KeyError):
        studio.user_folder("vendor@acme.test")


def test_vendor_from_outside_has_a_disk_and_knows_accsyn_only(studio: Studio) -> None:
    environment = studio.outside()
    assert environment["ACCSYN_API_USER"] == "vendor@acme.test"
    assert environment["ACCSYN_API_KEY"] == studio.vendor.accsyn_key
    assert not [name for name in environment if name.startswith("FTRACK") or name == "ACCSYN_PROJECTS_PATH"]
    assert studio.vendor_desk.is_dir()


def test_vendor_may_have_a_user_server_with_the_volume_mapped(studio: Studio) -> None:
    server, app = studio.vendor_server(), studio.demo.vendor_client
    assert (server.code, server.type, server.user_id) == (app.code, CLIENT_USER_SERVER, app.user_id)
    assert server.folders == app.folders == {studio.demo.volume.id: studio.vendor_desk / "projects"}
    assert server.ticks[studio.demo.volume.id] == Ticks(read=True, write=True, by_environment=True)


def test_hooks_run_as_the_studios_administrator(studio: Studio, tmp_path: Path) -> None:
    told = (
        "import os, sys; print(os.environ['ACCSYN_API_USER'], os.environ['MINE'], *sys.argv[1:-1], sys.argv[-1][-10:])"
    )
    studio.connect_hooks([sys.executable, "-c", told], MINE="1")
    hooks = studio.demo.workspace.hooks
    assert sorted(hooks.commands) == ["post-done-server", "post-failed-server", "pre-publish-server", "publish-server"]
    said = {name: hooks.run(name, {})[0].output.split() for name in hooks.commands}
    assert said["post-done-server"] == ["admin@acme.test", "1", "hook", "job-done", "input.json"]
    assert said["post-failed-server"][2:] == ["hook", "job-failed", "input.json"]
    assert said["publish-server"][2:] == ["hook", "publish", "input.json"]
    assert said["pre-publish-server"][2:4] == ["hook", "pre-publish"]
    assert said["pre-publish-server"][-1].endswith("utput.json")


def test_second_machine_of_the_artist_has_a_client_and_a_staging_folder_of_its_own(studio: Studio) -> None:
    first, again, other = studio.machine("desk2"), studio.machine("desk2"), studio.machine("desk3")
    assert first == again
    assert first["ACCSYN_API_USER"] == studio.environment()["ACCSYN_API_USER"]
    folders = {each["ACCSYN_PROJECTS_PATH"] for each in (first, other, studio.environment())}
    assert len(folders) == 3
    client = studio.demo.workspace.client(first["FTRACK_ACCSYN_CLIENT"])
    assert (client.code, client.user_id, client.status) == ("desk2", studio.demo.artist.id, "online")
    assert client.folders == {studio.demo.volume.id: Path(first["ACCSYN_PROJECTS_PATH"])}
    assert Path(first["ACCSYN_PROJECTS_PATH"]).is_dir()


@pytest.mark.usefixtures("bare_client")
def test_recipient_fetches_a_delivery_in_the_running_studio(studio: Studio, tmp_path: Path) -> None:
    from accsyn_api.session import Session  # here, for tests that need no client run anyway

    (studio.hq / "a.mov").write_bytes(b"data")
    who = studio.artist
    address = f"{HOST}:{studio.accsyn.port}"
    session = Session("acme", who.accsyn_user, who.accsyn_key, proxy=address, path_envfile=os.devnull)
    data = {"name": "a", "tasks": ["volume=projects/a.mov"], "recipients": ["vendor@acme.test"]}
    delivery = session.create("Delivery", data)
    studio.accsyn.engine.wait_idle()
    studio.fetch_delivery(delivery["id"], "vendor@acme.test", tmp_path / "got")
    studio.accsyn.engine.wait_idle()
    assert (tmp_path / "got" / "a.mov").read_bytes() == b"data"


def test_stopped_studio_is_gone_and_its_files_stay(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.start()
    addresses = [studio.ftrack.url, studio.accsyn.url]
    (studio.staging / "kept").touch()
    studio.stop()
    for address in addresses:
        with pytest.raises(requests.ConnectionError):
            requests.get(address, timeout=5)
    assert (studio.staging / "kept").exists()


def test_engine_can_be_paused_from_the_start(tmp_path: Path) -> None:
    with Studio(tmp_path, engine_paused=True) as studio:
        assert studio.accsyn.engine.paused
