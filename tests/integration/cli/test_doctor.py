"""`doctor`: each wrong setting of a table is found, and what it hands on holds no secret."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.insight.doctor import Level, Subject, bundle, examine
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import disk
from ftrack_accsyn_accessor.staging import probe
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher

Told = Callable[..., Any]


def levels(told: Any) -> dict[str, str]:
    return {check["name"]: check["level"] for check in told["checks"]}


def published(publisher: Publisher) -> Any:
    component = publisher.publish_file(publisher.version(publisher.session()))
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")
    return component


def test_sound_machine_passes_every_check(publisher: Publisher, run: Run, told: Told) -> None:
    published(publisher)

    found = told("doctor")

    wrong = [check for check in found["checks"] if check["level"] in ("warn", "fail")]
    assert wrong == []
    assert found["level"] == "ok"
    by_name = levels(found)
    assert by_name["accsyn's staging folder"] == "ok"
    assert {name for name, level in by_name.items() if level == "skipped"} == {
        "destination location",
        "accsyn volume",
        "accsyn queue",
        "assumed of accsyn",
    }
    assert run("doctor").exit_code == exit_codes.OK


NEVER = "projects/relative"
WRONG: list[tuple[dict[str, Optional[str]], str, str]] = [
    ({"ACCSYN_PROJECTS_PATH": None}, "ACCSYN_PROJECTS_PATH", "not set"),
    ({"ACCSYN_PROJECTS_PATH": NEVER}, "ACCSYN_PROJECTS_PATH", "not an absolute path"),
    ({"ACCSYN_PROJECTS_PATH": "/nowhere/at/all"}, "staging area", "is not there"),
    ({"FTRACK_ACCSYN_VOLUME": "films/x"}, "FTRACK_ACCSYN_VOLUME", "not the code of an accsyn volume"),
    ({"ACCSYN_WORKSPACE": None}, "ACCSYN_WORKSPACE", "not set"),
    ({"ACCSYN_WORKSPACE": "nobody"}, "accsyn login", "nobody"),
    ({"ACCSYN_API_USER": None}, "ACCSYN_API_USER", "not set"),
    ({"ACCSYN_API_USER": "stranger@acme.test"}, "accsyn login", "Authentication failed"),
    ({"ACCSYN_API_KEY": None}, "ACCSYN_API_KEY", "not set"),
    ({"ACCSYN_API_KEY": "wrong"}, "accsyn login", "Authentication failed"),
    ({"ACCSYN_CREDENTIALS_PATH": "/nowhere/credentials"}, "ACCSYN_CREDENTIALS_PATH", "cannot be read"),
    ({"ACCSYN_PROXY": "http://proxy"}, "accsyn login", "ACCSYN_PROXY"),
    ({"ACCSYN_PROXY": "127.0.0.1:1"}, "accsyn login", "log in to accsyn"),
    ({"FTRACK_ACCSYN_CLIENT": "mine"}, "FTRACK_ACCSYN_CLIENT", "not the id"),
    ({"FTRACK_ACCSYN_CLIENT": "a" * 24}, "accsyn client", "no client with this id"),
    ({"FTRACK_ACCSYN_DESTINATION": "site london"}, "FTRACK_ACCSYN_DESTINATION", "not an accsyn party"),
    ({"FTRACK_ACCSYN_DESTINATION": "site=paris"}, "destination", "no site paris"),
    ({"FTRACK_ACCSYN_DESTINATION_LOCATION": "studio.mars"}, "destination location", "no location studio.mars"),
    ({"FTRACK_ACCSYN_QUEUE": "Urgent"}, "accsyn queue", "no queue Urgent"),
    ({"FTRACK_ACCSYN_RETENTION_DAYS": "-1"}, "FTRACK_ACCSYN_RETENTION_DAYS", "not a whole number of days"),
    ({"FTRACK_ACCSYN_RETENTION_DAYS": "soon"}, "FTRACK_ACCSYN_RETENTION_DAYS", "not a whole number of days"),
    ({"FTRACK_ACCSYN_VERIFY": "hash"}, "FTRACK_ACCSYN_VERIFY", "none of"),
    ({"FTRACK_ACCSYN_TLS_VERIFY": "maybe"}, "FTRACK_ACCSYN_TLS_VERIFY", "neither yes nor no"),
    ({"FTRACK_ACCSYN_LOG_LEVEL": "LOUD"}, "FTRACK_ACCSYN_LOG_LEVEL", "no log level"),
    ({"FTRACK_ACCSYN_OUTBOX": "outbox"}, "FTRACK_ACCSYN_OUTBOX", "not an absolute path"),
    ({"FTRACK_SERVER": None}, "ftrack server", "not set"),
    ({"FTRACK_SERVER": "http://127.0.0.1:1"}, "ftrack server", "does not answer"),
    ({"FTRACK_API_KEY": None}, "ftrack server", "not set"),
    ({"FTRACK_API_KEY": "wrong"}, "ftrack login", ""),
    ({"FTRACK_API_USER": "stranger"}, "ftrack login", ""),
]


@pytest.mark.parametrize(("variables", "name", "word"), WRONG, ids=lambda value: str(value)[:60])
def test_wrong_setting_is_found(
    publisher: Publisher, run: Run, variables: dict[str, Optional[str]], name: str, word: str
) -> None:
    publisher.session()
    publisher.environment(**variables)

    result = run("doctor", "--json")

    checks = [check for check in json.loads(result.stdout)["checks"] if check["name"] == name]
    failed = [check for check in checks if check["level"] == "fail"]
    assert failed, result.stdout
    assert word in failed[0]["text"]
    assert failed[0]["remedy"]
    assert result.exit_code == exit_codes.FAILED


def test_other_server_than_ftracks_is_told_apart(publisher: Publisher, told: Told) -> None:
    publisher.environment(FTRACK_SERVER=publisher.studio.accsyn.url)

    (check,) = [check for check in told("doctor")["checks"] if check["name"] == "ftrack server"]

    assert "is no ftrack server" in check["text"]


def test_settings_that_weaken_or_stop_are_warned_of(publisher: Publisher, told: Told) -> None:
    publisher.environment(FTRACK_ACCSYN_TLS_VERIFY="0", FTRACK_ACCSYN_DISABLE="1")

    found = levels(told("doctor"))

    assert found["FTRACK_ACCSYN_TLS_VERIFY"] == found["FTRACK_ACCSYN_DISABLE"] == "warn"


def test_client_that_is_offline_fails_and_disabled_needs_an_administrator(publisher: Publisher, told: Told) -> None:
    publisher.session()
    client = publisher.studio.demo.artist_client
    remedies = {}
    for status in ("offline", "disabled"):
        client.status = status
        (check,) = [check for check in told("doctor")["checks"] if check["name"] == "accsyn client"]
        assert check["level"] == "fail"
        remedies[status] = check["remedy"]

    assert "desktop app or daemon" in remedies["offline"]
    assert "administrator" in remedies["disabled"]


def test_workspace_without_a_destination_fails(publisher: Publisher, told: Told) -> None:
    publisher.session()
    publisher.studio.demo.workspace.integration.upload_location = None

    assert levels(told("doctor"))["destination"] == "fail"


def test_volume_that_accsyn_does_not_have_fails_for_those_who_may_look(publisher: Publisher, told: Told) -> None:
    publisher.studio.accsyn.workspace.employee_volumes = "granted"
    publisher.environment(FTRACK_ACCSYN_VOLUME="films", ACCSYN_FILMS_PATH=str(publisher.studio.staging))
    publisher.session()

    assert levels(told("doctor"))["accsyn volume"] == "fail"


def test_staging_folder_that_accsyns_client_sees_elsewhere_fails(publisher: Publisher, told: Told) -> None:
    component = published(publisher)
    (job,) = publisher.studio.accsyn.workspace.jobs()
    elsewhere = f"/mnt/other/{publisher.item(component).publication.resource_identifier}"
    publisher.studio.accsyn.workspace.job(job.id).tasks[0].source_path = elsewhere

    (check,) = [check for check in told("doctor")["checks"] if check["name"] == "accsyn's staging folder"]

    assert check["level"] == "fail"
    assert "reads from /mnt/other," in check["text"]


def test_a_send_between_other_ends_tells_nothing_of_this_machines_staging_folder(
    publisher: Publisher, run: Run, told: Told
) -> None:
    component = published(publisher)
    assert run("send", component["id"], "--from", "studio.hq", "--to", "studio.london", "--wait").exit_code == 0

    assert levels(told("doctor"))["accsyn's staging folder"] == "ok"


def test_staging_area_that_nothing_may_write_to_fails(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever runs the tests may be root, who may write anywhere: a name that no file can have stands for refusal.
    publisher.session()
    monkeypatch.setattr(probe, "temporary_name", lambda: "x" * 300)

    found = {check.name: check for check in examine(subject())}

    assert found["staging writable"].level is Level.FAIL


def subject(**changes: Any) -> Subject:
    return Subject(environment.read_settings(), environment.ftrack_user(), environment.ftrack_credentials(), **changes)


@pytest.mark.parametrize(("skew_s", "word"), [(3600.0, "ahead of"), (-3600.0, "behind")])
def test_clock_that_is_wrong_by_an_hour_is_warned_of(publisher: Publisher, skew_s: float, word: str) -> None:
    import time

    publisher.session()

    found = {check.name: check for check in examine(subject(clock=lambda: time.time() + skew_s))}

    assert found["ftrack clock"].level is Level.WARN
    assert word in found["ftrack clock"].text
    assert found["accsyn clock"].level is Level.OK


def test_damaged_outbox_fails(publisher: Publisher, told: Told) -> None:
    published(publisher)
    path = publisher.outbox.path
    publisher.close()
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    path.write_bytes(bytes(content))
    for leftover in path.parent.glob(f"{path.name}-*"):
        leftover.unlink()

    assert levels(told("doctor"))["outbox"] == "fail"


def test_attention_and_pause_are_warned_of(publisher: Publisher, run: Run, told: Told) -> None:
    publisher.studio.accsyn.engine.fail_path("*.mov")
    component = publisher.publish_file(publisher.version(publisher.session()))
    wait_until(lambda: publisher.item(component).state is State.NEEDS_ATTENTION, 20, "the failure")
    run("pause")

    found = levels(told("doctor"))

    assert found["attention"] == found["paused"] == "warn"
    assert run("doctor").exit_code == exit_codes.OK


# The archive.


def test_bundle_tells_what_is_known_and_no_secret(publisher: Publisher, run: Run, tmp_path: Path) -> None:
    marked = "marked+secret/key=="
    publisher.studio.accsyn.workspace.change_key("artist@acme.test", marked)
    server = publisher.studio.ftrack.url.replace("://", "://bob:marked%23login@")
    publisher.environment(ACCSYN_API_KEY=marked, XDG_DATA_HOME=str(tmp_path), MY_TOKEN="marked-token-value")
    publisher.environment(FTRACK_SERVER=server)
    log = bundle.log_folder()
    log.mkdir(parents=True)
    lines = [
        "INFO - ftrack_accsyn_accessor: sent",
        f"DEBUG - accsyn says {marked} marked-token-value marked#login",
        "INFO - other",
    ]
    (log / "ftrack_connect.log").write_text("\n".join(lines))
    published(publisher)

    result = run("doctor", "--bundle", tmp_path / "bundle.zip")

    assert result.exit_code == exit_codes.OK
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        content = {name: archive.read(name).decode() for name in archive.namelist()}
    told = ("probe", "doctor", "settings", "environment", "status", "items", "requests", "jobs")
    assert {*(f"{name}.json" for name in told), "doctor.txt", "log/ftrack_connect.log"} == set(content)
    assert content["log/ftrack_connect.log"].splitlines() == [lines[0], "DEBUG - accsyn says *** *** ***"]
    assert json.loads(content["environment.json"])["ACCSYN_API_KEY"] == "(set)"
    assert json.loads(content["environment.json"])["FTRACK_SERVER"] == publisher.studio.ftrack.url
    assert json.loads(content["items.json"])[0]["state"] == "synced"
    for secret in (
        marked,
        "bWFya2VkK3NlY3JldC9rZXk9PQ",
        "marked%2Bsecret",
        "marked-token-value",
        "marked%23login",
        publisher.studio.artist.ftrack_key,
    ):
        assert not [name for name, text in content.items() if secret in text], secret


def test_bundle_is_written_where_nothing_is_set_up(publisher: Publisher, run: Run, tmp_path: Path) -> None:
    publisher.environment(ACCSYN_PROJECTS_PATH=None, FTRACK_SERVER=None)

    result = run("doctor", "--bundle", tmp_path / "bundle.zip", "--json")

    assert result.exit_code == exit_codes.FAILED
    assert json.loads(result.stdout)["bundle"] == str(tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        assert "doctor.txt" in archive.namelist()


def test_bundle_that_cannot_be_written_is_said(publisher: Publisher, run: Run, tmp_path: Path) -> None:
    result = run("doctor", "--bundle", tmp_path / "missing" / "bundle.zip")

    assert result.exit_code == exit_codes.FAILED
    assert "Could not write" in result.stderr


# Where things lie.


def test_outbox_on_a_disk_of_another_machine_is_said_at_the_start_and_by_doctor(
    publisher: Publisher, told: Told, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(disk, "network", lambda folder: "nfs4")  # no server here exports one
    published(publisher)
    publisher.session()

    said = [text for text in caplog.messages if "nfs4" in text]
    assert len(said) == 1
    assert "FTRACK_ACCSYN_OUTBOX" in said[0]
    (check,) = [check for check in told("doctor")["checks"] if check["name"] == "disk"]
    assert check["level"] == "warn"
    assert "nfs4" in check["text"]
    assert "FTRACK_ACCSYN_OUTBOX" in check["remedy"]


def test_staged_files_that_wait_and_are_placeholders_are_told(
    publisher: Publisher, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    publisher.publish_sequence(publisher.version(publisher.session()), [1, 2, 3])
    monkeypatch.setattr(disk, "is_placeholder", lambda found: True)  # no service here keeps content elsewhere
    (check,) = [check for check in told("doctor")["checks"] if check["name"] == "placeholders"]
    assert check["level"] == "warn"
    assert check["text"].startswith("3 staged file(s)")


@pytest.mark.skipif(os.name == "nt", reason="Windows knows a home without HOME")
def test_account_without_a_home_has_no_log_of_connect_and_is_told_where_it_would_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 12003)  # nobody has this number: such an account has no home

    assert bundle.log_files() == []
    assert bundle.log_folder().name == "log"
