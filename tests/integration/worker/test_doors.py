"""What the tracker asks of accsyn's and ftrack's doors, beyond what submission asks."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection, quoted_batches
from ftrack_accsyn_accessor.model import accsyn as model
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from tracking import Desk


@pytest.fixture
def connection(desk: Desk) -> FtrackConnection:
    return desk.registrations.connection


def test_jobs_are_found_by_ids_wherever_they_are_expected(desk: Desk) -> None:
    workspace = desk.studio.accsyn.workspace
    for project in ("show_a", "show_b"):
        desk.publish_files(project, project=project)
    desk.submit()
    live, aborted = (job.id for job in workspace.jobs())
    workspace.abort_job(aborted)

    for expected in (([live], [aborted]), ([live, aborted], []), ([], [live, aborted]), ([aborted], [live])):
        found = desk.workspace.jobs_by_id(*expected)
        assert {job_id: job.status for job_id, job in found.items()} == {live: "waiting", aborted: "aborted"}
    desk.accsyn_calls()
    desk.workspace.jobs_by_id([live], [aborted])
    assert desk.accsyn_calls() == ["transfer/find"] * 2
    desk.workspace.jobs_by_id([live])
    assert desk.accsyn_calls() == ["transfer/find"]


def test_ids_that_accsyn_does_not_know_or_that_are_none_are_left_out(desk: Desk) -> None:
    assert desk.workspace.jobs_by_id(["f" * 24, 'x" or id="y', ""]) == {}
    assert desk.workspace.jobs_by_id([]) == {}


def test_many_ids_are_asked_for_with_few_calls_whose_addresses_stay_short(desk: Desk) -> None:
    desk.publish_files("movie")
    desk.submit()
    ids = [f"{number:024d}" for number in range(100)] + [desk.job().id]
    desk.accsyn_calls()
    assert list(desk.workspace.jobs_by_id(ids)) == [desk.job().id]
    assert desk.accsyn_calls() == ["transfer/find"] * 4


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([{"message": "W#J067 queue blocks", "level": "warning"}], []),
        ([{"msg": "E#J057 disk full"}, {"text": "old", "severity": "ERROR"}], ["E#J057 disk full", "old"]),
        (
            [
                {"message": "first", "level": "error", "date": "2026-11-21T10:00:00"},
                {"message": "second", "level": "error", "date": "2026-11-21T10:00:01"},
            ],
            ["second", "first"],
        ),
        ([{}, {"message": None, "level": 3}, {"level": "error"}], []),
    ],
)
def test_log_lines_are_read_with_tolerance_latest_first(rows: list[dict[str, Any]], lines: list[str]) -> None:
    assert model.error_lines(rows) == lines


def test_sizes_of_a_folders_files_are_told_by_name(desk: Desk) -> None:
    folder = desk.studio.hq / "pack" / "deeper"
    folder.mkdir(parents=True)
    (folder / "unseen.txt").write_bytes(b"1")
    (folder.parent / "a.txt").write_bytes(b"12")
    (folder.parent / "b.txt").write_bytes(b"")
    assert desk.workspace.file_sizes("share=projects/pack") == {"a.txt": 2, "b.txt": 0}
    with pytest.raises(errors.Refused):
        desk.workspace.file_sizes("share=projects/nowhere")


def test_query_returns_all_pages_and_leaves_nothing_in_the_memory_of_the_session(
    desk: Desk, connection: FtrackConnection
) -> None:
    for number in range(1200):
        desk.studio.ftrack.store.create("Group", name=f"group {number}")
    desk.studio.ftrack.log.clear()

    rows = connection.query('select name from Group where name like "group %"')

    assert {row["name"] for row in rows} == {f"group {number}" for number in range(1200)}
    assert desk.studio.ftrack.log.count("query:Group") == 3
    assert not [key for key in connection._session.cache.keys() if "Group" in str(key)]  # noqa: SIM118


def test_what_ftrack_refuses_is_told_from_what_did_not_reach_it(desk: Desk, connection: FtrackConnection) -> None:
    with pytest.raises(errors.RegistrationRefused, match="nonsense"):
        connection.query("select nonsense from User")
    desk.studio.ftrack.switches.fail_next("query:User", status=502, body="<html>Bad gateway</html>")
    with pytest.raises(errors.RegistrationError) as caught:
        connection.query("select id from User")
    assert not isinstance(caught.value, errors.RegistrationRefused)
    desk.studio.ftrack.switches.refuse(True)
    with pytest.raises(errors.RegistrationError) as caught:
        connection.query("select id from User")
    assert not isinstance(caught.value, errors.RegistrationRefused)
    desk.studio.ftrack.switches.refuse(False)
    assert len(connection.query("select id from User")) >= 2


@pytest.mark.parametrize("kind", ["empty_object", "null", "html", "truncated"])
def test_garbled_answer_of_ftrack_is_an_error(desk: Desk, connection: FtrackConnection, kind: str) -> None:
    desk.studio.ftrack.switches.garble("query:User", kind=kind)
    with pytest.raises(errors.RegistrationError):
        connection.query("select id from User")


def test_wrong_key_is_an_error_that_names_no_key(desk: Desk) -> None:
    wrong = FtrackConnection(FtrackCredentials(desk.studio.ftrack.url, "artist", "not-the-key"))
    with pytest.raises(errors.RegistrationError) as caught:
        wrong.query("select id from User")
    assert "not-the-key" not in str(caught.value)
    assert "not-the-key" not in repr(wrong.credentials)


def test_ids_are_listed_in_batches() -> None:
    assert list(quoted_batches([])) == []
    assert list(quoted_batches(["a", "b"])) == ['"a", "b"']
    assert [batch.count('"') // 2 for batch in quoted_batches(str(number) for number in range(1001))] == [500, 500, 1]
