"""`doctor --probe`: asks first, tells each line, and is remembered where people look."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.probing import as_check
from ftrack_accsyn_accessor.insight.probe.finding import Finding, Outcome
from ftrack_accsyn_accessor.model.assumptions import ASSUMPTIONS
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_accessor.outbox.probed import Sight
from ftrack_accsyn_sandbox import assumptions
from integration.cli.conftest import Run
from publishing import Publisher

Told = Callable[..., Any]


def seen_of(told: Told) -> dict[str, str]:
    return {check["name"]: check["text"] for check in told("doctor")["checks"]}


def test_nothing_is_done_where_nobody_can_be_asked(publisher: Publisher, run: Run) -> None:
    publisher.session()
    publisher.studio.accsyn.log.clear()

    result = run("doctor", "--probe")

    assert result.exit_code == exit_codes.FAILED
    assert "Nothing was done" in result.stderr
    assert "It leaves nothing" in result.stderr
    assert publisher.studio.accsyn.log.operations() == []


def test_who_says_no_gets_nothing_done(
    publisher: Publisher, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publisher.session()
    publisher.studio.accsyn.log.clear()
    monkeypatch.setattr("ftrack_accsyn_accessor.cli.probing.sys", _Terminal)
    monkeypatch.setattr("ftrack_accsyn_accessor.cli.probing.click.confirm", lambda *_, **__: False)

    result = run("doctor", "--probe")

    assert result.exit_code == exit_codes.OK
    assert "Nothing was done." in result.stdout
    assert publisher.studio.accsyn.log.operations() == []


class _Terminal:
    """Standard streams that are a terminal's."""

    stdin = stdout = type("Stream", (), {"isatty": lambda self: True})()


def test_probe_is_told_remembered_and_sent_in(publisher: Publisher, run: Run, told: Told, tmp_path: Path) -> None:
    publisher.session()
    assert seen_of(told)["assumed of accsyn"].startswith("Nobody has looked yet")
    assumptions.fail(publisher.studio.accsyn, ["frame-ranges"])
    archive = tmp_path / "probe.zip"

    found = json.loads(run("doctor", "--probe", "--yes", "--json", "--bundle", archive).stdout)

    by_id = {each["id"]: each for each in found["probe"]["findings"]}
    assert set(by_id) == {each.id for each in ASSUMPTIONS}
    assert by_id["frame-ranges"]["outcome"] == Outcome.OTHERWISE.value
    assert by_id["frame-ranges"]["does"] == "sends its frames one by one"
    assert found["probe"]["left"] == []
    assert {check["name"] for check in found["checks"]} >= set(by_id)
    assert "otherwise: frame-ranges." in seen_of(told)["assumed of accsyn"]
    assert "otherwise: frame-ranges." in told("why")["probe"]
    assert "otherwise: frame-ranges." in run("why").stdout
    with zipfile.ZipFile(archive) as content:
        text = b"".join(map(content.read, content.namelist())).decode()
        assert json.loads(content.read("probe.json"))["frame-ranges"]["holds"] is False
    assert "frame-ranges" in text
    assert str(environment.read_settings().api_key) not in text


def test_probe_on_paper_says_what_is_assumed_seen_and_done(publisher: Publisher, run: Run) -> None:
    publisher.session()
    assumptions.fail(publisher.studio.accsyn, ["folder-source"])

    text = " ".join(run("doctor", "--probe", "--yes").stdout.split())

    assert "warn folder-source Assumed: A folder without a slash at the end lands under its own path." in text
    assert "The plugin sends its files one by one." in text
    assert "24 as assumed, 1 otherwise, 1 not seen;" in text
    assert "Nothing was left." in text


def test_wrong_word_of_what_to_assume_is_told_with_the_right_ones(publisher: Publisher, run: Run) -> None:
    publisher.session()
    publisher.environment(FTRACK_ACCSYN_ASSUME="frame-ranges=no, frames=no")

    result = run("doctor", "--json")

    (check,) = [each for each in json.loads(result.stdout)["checks"] if each["name"] == "FTRACK_ACCSYN_ASSUME"]
    assert "'frames=no' cannot be assumed." in check["text"]
    assert "frame-ranges" in check["remedy"]


def test_memory_that_cannot_be_read_was_never_there(monkeypatch: pytest.MonkeyPatch) -> None:
    probed.keep("acme", {"frame-ranges": Sight(False, "No.", 1.0), "job-by-name": Sight(True, "Yes.", 2.0)})
    path = probed.lock_path()
    assert path is not None
    memory = path.with_name(probed.NAME)
    assert not probed.assumptions("ACME").holds("frame-ranges")
    for text in ("", "[]", '{"content": {"acme": 3}}', '{"content": {"acme": {"frame-ranges": {"holds": "no"}}}}'):
        memory.write_text(text)
        assert probed.assumptions("acme").holds("frame-ranges")


def test_sandbox_without_what_there_is_not_says_what_there_is(run: Run) -> None:
    result = run("sandbox", "--without", "gravity")

    assert result.exit_code != exit_codes.OK
    assert "gravity is none of job-by-name" in result.stderr


def test_interrupted_probe_tells_what_is_left_and_doctor_reminds_of_it(
    publisher: Publisher, run: Run, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.session()
    switches = publisher.studio.accsyn.switches
    real = as_check

    def interrupt(finding: Finding, *more: Any) -> Any:  # nobody is there to press Ctrl-C
        if finding.id == "job-by-name":
            switches.fail_next("", status=400, body={"message": "Not today."}, times=1000)
            raise KeyboardInterrupt
        return real(finding, *more)

    monkeypatch.setattr("ftrack_accsyn_accessor.cli.probing.as_check", interrupt)
    result = run("doctor", "--probe", "--yes")
    monkeypatch.setattr("ftrack_accsyn_accessor.cli.probing.as_check", real)

    assert result.exit_code == exit_codes.FAILED
    assert f"Could not be cleared away; the next probe tries again as long as {probed.note_path()}" in result.stderr
    assert "Not today." in result.stderr
    switches.clear()
    (reminder,) = [check for check in told("doctor")["checks"] if check["name"] == "assumed of accsyn"]
    assert reminder["level"] == "warn"
    assert "was killed and has left" in reminder["text"]
    run("doctor", "--probe", "--yes")
    assert "has left" not in seen_of(told)["assumed of accsyn"]


def test_archive_that_cannot_be_written_is_told_before_anything_is_made(
    publisher: Publisher, run: Run, tmp_path: Path
) -> None:
    publisher.session()

    result = run("doctor", "--probe", "--yes", "--bundle", tmp_path / "missing" / "probe.zip")

    assert result.exit_code == exit_codes.FAILED
    assert "Could not write" in result.stderr
    assert publisher.studio.accsyn.log.count("transfer/create") == 0


def test_what_is_done_is_told_where_something_else_decides_it(publisher: Publisher, run: Run) -> None:
    publisher.session()
    client = publisher.studio.demo.artist_client.id
    probed.keep("acme", {"frame-ranges": Sight(False, "No.", 1.0)})
    publisher.environment(FTRACK_ACCSYN_ASSUME="folder-source=no")
    publisher.studio.accsyn.engine.client_offline(client)

    found = json.loads(run("doctor", "--probe", "--yes", "--json").stdout)

    does = {each["id"]: each["does"] for each in found["probe"]["findings"]}
    assert does["frame-ranges"] == "sends its frames one by one, as an earlier probe saw"
    assert does["folder-source"] == "sends its files one by one, as FTRACK_ACCSYN_ASSUME says"
    assert does["mirrored-paths"] == "relies on it for every task"
    remedies = {check["name"]: check["remedy"] for check in found["checks"]}
    assert remedies["frame-ranges"] == "The plugin sends its frames one by one, as an earlier probe saw."
    assert remedies["mirrored-paths"] == ""


def test_probe_that_cannot_begin_promises_no_second_try(publisher: Publisher, run: Run) -> None:
    publisher.session()
    publisher.environment(ACCSYN_API_KEY="a-key-that-nobody-has")

    result = run("doctor", "--probe", "--yes")

    assert result.exit_code == exit_codes.FAILED
    assert "Check ACCSYN_API_USER and ACCSYN_API_KEY." in result.stderr
    assert "tried again" not in result.stderr
