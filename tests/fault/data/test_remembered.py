"""What would be forgotten: another name of the host, another user, another folder, a disk that is not plugged in."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

import ftrack_api
import pytest

from fault.data.test_disk import left_behinds, plug_in, unplug
from fault.support_fixtures import Run, run, template
from fault.support_kill import PUBLISH_STEPS
from ftrack_accsyn_accessor import announce, machine
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.insight.installation import Installation, find_installation
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import memory
from ftrack_accsyn_accessor.plugin import read_settings
from ftrack_accsyn_accessor.staging import area
from ftrack_accsyn_accessor.worker import runtime
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import Publisher
from runner import RUNNER

__all__ = ["run", "template"]

STATE = ".ftrack-accsyn"


@pytest.fixture
def offline(publisher: Publisher) -> Any:
    """Publish while accsyn is out of reach, and end the application; return the component."""
    publisher.studio.accsyn.switches.refuse(True)
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.waiting(component, "unreachable")
    end()
    return component


def end() -> None:
    """End the application: what comes next is another process."""
    runtime.stop_all(0.0)
    area._prepared.clear()
    announce._said.clear()


def here(user: str = "artist") -> Installation:
    return find_installation(read_settings(), user)


def status(*arguments: str) -> tuple[int, str]:
    result = RUNNER.invoke(application, ["status", *arguments])
    return result.exit_code, result.output + (result.stderr if result.stderr_bytes else "")


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) if folder.exists() else []


def back_online(publisher: Publisher) -> None:
    publisher.studio.accsyn.switches.refuse(False)


# Another name of the host, another user.


def test_renamed_host_keeps_its_location_and_sends_what_waits(
    publisher: Publisher, offline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = publisher.item(offline).publication.location_name
    monkeypatch.setattr(machine, "hostname", lambda: "renamed")
    publisher.environment(FTRACK_ACCSYN_CLIENT=publisher.studio.demo.artist_client.id)
    code, _ = status()
    assert code == exit_codes.UNSENT
    back_online(publisher)

    session = publisher.session()

    assert session.pick_location()["name"] == name
    publisher.submitted(offline)
    second = publisher.publish_file(session.get("AssetVersion", offline["version_id"]), "second")
    publisher.submitted(second)
    assert len(publisher.studio.accsyn.workspace.jobs()) == 1


def test_machine_that_the_network_renamed_keeps_its_location_and_its_client(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "mac_addresses", lambda: ())  # another network card
    session = publisher.session()
    name = session.pick_location()["name"]
    first = publisher.publish_file(publisher.version(session))
    publisher.submitted(first)
    publisher.close()
    end()
    monkeypatch.setattr(machine, "hostname", lambda: "dhcp-17-3.studio.test")

    session = publisher.session()

    assert session.pick_location()["name"] == name
    second = publisher.publish_file(session.get("AssetVersion", first["version_id"]), "second")
    publisher.submitted(second)
    assert len(publisher.studio.accsyn.workspace.jobs()) == 1


def test_another_ftrack_user_has_a_location_of_his_own_and_sends_what_waits(publisher: Publisher, offline: Any) -> None:
    name = publisher.item(offline).publication.location_name
    login = publisher.studio.environment("admin")
    publisher.environment(FTRACK_API_USER=login["FTRACK_API_USER"], FTRACK_API_KEY=login["FTRACK_API_KEY"])
    code, _ = status()
    assert code == exit_codes.UNSENT
    back_online(publisher)

    session = publisher.session()

    assert session.pick_location()["name"] == f"admin.{machine.hostname()}"
    assert here("admin").outbox_path == here("artist").outbox_path
    assert (here("admin").location_name, here("artist").location_name) == (session.pick_location()["name"], name)
    publisher.submitted(offline)


def test_sessions_with_two_ftracks_in_one_process_have_a_worker_each_on_one_outbox(
    publisher: Publisher, tmp_path: Path
) -> None:
    with Studio(tmp_path / "second") as second:
        first = publisher.session()
        login = {"server_url": second.ftrack.url, "api_key": second.artist.ftrack_key, "api_user": "artist"}
        other = publisher.session(**login, schema_cache_path=False)
        parts = [session.pick_location().accsyn_staging for session in (first, other)]

        assert parts[0].outbox.path == parts[1].outbox.path
        assert parts[0].worker is not parts[1].worker
        assert [each.ftrack.server_url for each in parts] == [publisher.studio.ftrack.url, second.ftrack.url]
        component = publisher.publish_file(publisher.version(first))
        publisher.submitted(component)
        publisher.close()


# Another folder.


def test_another_staging_path_tells_what_waits_in_the_first_one(
    publisher: Publisher, offline: Any, tmp_path: Path
) -> None:
    publisher.environment(ACCSYN_PROJECTS_PATH=str(tmp_path / "projects"))
    publisher.session()

    (other,) = here().others()

    assert (other.root, other.present, other.unsent) == (str(publisher.studio.staging), True, 1)
    assert other.locations == (publisher.item(offline).publication.location_name,)


@left_behinds
def test_another_staging_path_tells_what_waits_on_an_unplugged_disk(
    publisher: Publisher, offline: Any, tmp_path: Path, left_behind: str
) -> None:
    staging = publisher.studio.staging
    unplug(staging, left_behind)
    publisher.environment(ACCSYN_PROJECTS_PATH=str(tmp_path / "projects"))
    publisher.session()

    (other,) = here().others()

    assert (other.root, other.present, other.unsent) == (str(staging), False, 1)
    assert files(staging) == []


def test_count_goes_back_to_nothing_when_all_was_sent(publisher: Publisher, offline: Any) -> None:
    back_online(publisher)
    publisher.session()
    publisher.submitted(offline)

    assert runtime.stop_all(20.0)

    (served,) = memory.served()
    assert served.unsent == 0


# A disk that is not plugged in.


@left_behinds
def test_session_on_an_unplugged_disk_refuses_to_publish_in_words_makes_nothing_and_goes_on_when_it_is_back(
    publisher: Publisher, offline: Any, caplog: pytest.LogCaptureFixture, left_behind: str
) -> None:
    staging = publisher.studio.staging
    away = unplug(staging, left_behind)
    back_online(publisher)

    session = publisher.session()

    version = session.get("AssetVersion", offline["version_id"])
    with pytest.raises(ftrack_api.exception.LocationError, match=r"the staging root .* has vanished"):
        publisher.publish_file(version, "meanwhile")
    assert files(staging) == []
    said = next(row for row in caplog.records if "its disk is unplugged" in row.getMessage())
    assert said.levelno == logging.ERROR
    code, text = status()
    assert code == exit_codes.UNSENT
    assert "its disk is unplugged" in " ".join(text.split())
    plug_in(away, staging)
    publisher.submitted(offline)
    publisher.submitted(publisher.publish_file(version, "afterwards"))


@left_behinds
def test_new_home_folder_takes_what_ftrack_knows_for_a_sign_that_the_disk_is_unplugged(
    publisher: Publisher, offline: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left_behind: str
) -> None:
    staging = publisher.studio.staging
    away = unplug(staging, left_behind)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "new"))
    back_online(publisher)

    session = publisher.session()

    version = session.get("AssetVersion", offline["version_id"])
    with pytest.raises(ftrack_api.exception.LocationError, match=r"the staging root .* has vanished"):
        publisher.publish_file(version, "meanwhile")
    assert files(staging) == []
    plug_in(away, staging)
    publisher.submitted(offline)
    publisher.submitted(publisher.publish_file(version, "afterwards"))


def test_new_home_folder_and_a_location_without_components_begins_a_staging_area(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publisher.session()
    end()
    staging = publisher.studio.staging
    unplug(staging, "nothing")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "new"))

    session = publisher.session()

    assert publisher.submitted(publisher.publish_file(publisher.version(session)))
    assert publisher.studio.ftrack.log.count("create:Location") == 1


def test_folder_made_by_hand_begins_a_new_staging_area_in_the_place_of_a_known_one(
    publisher: Publisher, offline: Any
) -> None:
    staging = publisher.studio.staging
    (before,) = memory.served()
    unplug(staging, "nothing")
    (staging / STATE).mkdir(parents=True)
    back_online(publisher)

    session = publisher.session()

    component = publisher.publish_file(session.get("AssetVersion", offline["version_id"]), "anew")
    publisher.submitted(component)
    (after,) = memory.served()
    assert after.uuid != before.uuid


@pytest.mark.parametrize("home", ["known", "new"])
def test_session_on_a_present_area_costs_no_call_more_than_with_nothing_to_remember(
    publisher: Publisher, offline: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str
) -> None:
    if home == "new":
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "new"))
    log = publisher.studio.ftrack.log
    log.clear()
    publisher.session()
    with_plugin = [row.operation for row in log.all() if row.method == "POST"]
    log.clear()
    publisher.session(plugin_paths=[])
    without = [row.operation for row in log.all() if row.method == "POST"]

    assert len(with_plugin) == len(without) + 1


KILL_STEPS = ("staged", "prepared", "innermost level registered", "pending")


@pytest.mark.parametrize("name", KILL_STEPS)
def test_area_of_a_process_that_was_killed_while_it_published_is_known_when_it_is_unplugged(
    publisher: Publisher, run: Run, name: str
) -> None:
    killed = run("publish", kill=dataclasses.asdict(PUBLISH_STEPS[name]), items=[["file", "plate"]])
    assert killed.wait() != 0
    staging = publisher.studio.staging
    away = unplug(staging, "an empty mount point")

    session = publisher.session()

    assert not session.pick_location().accsyn_staging.area.present()
    assert files(staging) == []
    plug_in(away, staging)
    wait_until(lambda: not publisher.outbox.counts()[State.PENDING], 20.0, "what was registered to be sent")
    end()


def test_status_of_an_unplugged_area_is_read_only(publisher: Publisher, offline: Any) -> None:
    staging = publisher.studio.staging
    unplug(staging, "nothing")
    folder = memory.state_folder()
    assert folder is not None
    before = {path: path.read_bytes() for path in folder.iterdir()}

    code, _ = status("--json")

    assert code == exit_codes.UNSENT
    assert not staging.exists()
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
