"""The engine really copies: files, folders, frame ranges, both ways, with progress, failures and interruptions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from integration.sandbox_accsyn.running import last, run, tree


def frames(acme: Any, *numbers: int) -> None:
    for number in numbers:
        acme.stage(f"seq/f.{number:04d}.exr", b"%d" % number)


# What is copied


@pytest.mark.parametrize("content", [b"", b"x" * 3_000_000])
def test_file_arrives_under_the_same_path(acme: Any, session: Any, engine: Any, content: bytes) -> None:
    staged = acme.stage("show_a/a/main.mov", content)
    os.utime(staged, (1_000_000_000, 1_000_000_000))
    assert run(acme, session, acme.task("show_a/a/main.mov")) == "done"
    assert tree(acme.hq) == {"show_a/a/main.mov": content}
    assert (acme.hq / "show_a/a/main.mov").stat().st_mtime == 1_000_000_000


def test_file_arrives_at_a_site(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("a.mov")
    assert run(acme, session, acme.task("a.mov", "site=london")) == "done"
    assert (tree(acme.london), tree(acme.hq)) == ({"a.mov": b"data"}, {})


def test_folder_arrives_whole(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("dir/one.txt", b"1")
    acme.stage("dir/deep/two.txt", b"2")
    (acme.staging / "dir" / "empty").mkdir()
    assert run(acme, session, acme.task("dir")) == "done"
    assert tree(acme.hq) == {"dir/one.txt": b"1", "dir/deep/two.txt": b"2"}
    assert (acme.hq / "dir" / "empty").is_dir()


@pytest.mark.parametrize("name", ["f.%04d.exr[1001-1003]", "f.####.exr[1001-1003]"])
def test_frame_range_carries_its_frames_only(acme: Any, session: Any, engine: Any, name: str) -> None:
    frames(acme, 1000, 1001, 1002, 1003, 1004)
    assert run(acme, session, acme.task(f"seq/{name}")) == "done"
    assert sorted(tree(acme.hq)) == ["seq/f.1001.exr", "seq/f.1002.exr", "seq/f.1003.exr"]
    assert last(acme).tasks[0].size == 12


@pytest.mark.parametrize("name", ["f.%04d.exr", "f.####.exr"])
def test_sequence_without_range_carries_all_members(acme: Any, session: Any, engine: Any, name: str) -> None:
    frames(acme, 8, 9, 10)
    acme.stage("seq/other.0001.exr")
    assert run(acme, session, acme.task(f"seq/{name}")) == "done"
    assert sorted(tree(acme.hq)) == ["seq/f.0008.exr", "seq/f.0009.exr", "seq/f.0010.exr"]


def test_unpadded_frames_are_found(acme: Any, session: Any, engine: Any) -> None:
    for number in (9, 10):
        acme.stage(f"f.{number}.exr")
    assert run(acme, session, acme.task("f.%d.exr[9-10]")) == "done"
    assert sorted(tree(acme.hq)) == ["f.10.exr", "f.9.exr"]


@pytest.mark.parametrize(
    ("source", "destination", "arrived"),
    [
        ("a.mov", "acme:share=projects/in/b.mov", ["in/b.mov"]),
        ("a.mov", "acme:share=projects/in/", ["in/a.mov"]),
        ("dir", "acme:share=projects/in", ["in/one.txt"]),
        ("dir", "acme:share=projects/in/", ["in/dir/one.txt"]),
        ("seq/f.%04d.exr[1-2]", "acme:share=projects/in/", ["in/f.0001.exr", "in/f.0002.exr"]),
    ],
)
def test_explicit_destination_is_respected(
    acme: Any, session: Any, engine: Any, source: str, destination: str, arrived: list[str]
) -> None:
    acme.stage("a.mov")
    acme.stage("dir/one.txt")
    frames(acme, 1, 2)
    assert run(acme, session, acme.task(source, destination)) == "done"
    assert sorted(tree(acme.hq)) == arrived


def test_download_arrives_in_the_staging_area(acme: Any, session: Any, engine: Any) -> None:
    (acme.hq / "a.mov").write_bytes(b"from hq")
    task = {"source": "share=projects/a.mov", "destination": f"client={acme.demo.artist_client.id}"}
    assert run(acme, session, task) == "done"
    assert tree(acme.staging) == {"a.mov": b"from hq"}


def test_local_path_arrives_in_a_folder_share(acme: Any, admin: Any, session: Any, engine: Any, tmp_path: Path) -> None:
    folder = admin.create("Folder", {"parent": acme.demo.volume.id, "path": "incoming", "name": "Incoming"})
    (tmp_path / "local.mov").write_bytes(b"local")
    source = f"client={acme.demo.artist_client.id}:{tmp_path.as_posix()}/local.mov"
    assert run(acme, session, {"source": source, "destination": f"acme:folder={folder['id']}/x/"}) == "done"
    assert tree(acme.hq) == {"incoming/x/local.mov": b"local"}


def test_user_party_means_the_machine_that_was_online_last(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("a.mov")
    acme.service.workspace.add_client("old", acme.demo.artist, status="offline")
    assert run(acme, session, {"source": "artist@acme.test:share=projects/a.mov", "destination": "acme"}) == "done"


def test_changed_file_is_replaced_and_same_file_is_not_sent_again(acme: Any, session: Any, engine: Any) -> None:
    staged = acme.stage("a.mov", b"old")
    run(acme, session, acme.task("a.mov"))
    first = (acme.hq / "a.mov").stat()
    run(acme, session, acme.task("a.mov"))
    assert (acme.hq / "a.mov").stat().st_ino == first.st_ino
    staged.write_bytes(b"newer")
    run(acme, session, acme.task("a.mov"))
    assert tree(acme.hq) == {"a.mov": b"newer"}


def test_existing_file_is_kept_when_a_setting_says_so(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("a.mov", b"new")
    (acme.hq / "a.mov").write_bytes(b"there")
    assert run(acme, session, acme.task("a.mov", settings={"transfer_ignore_existing": "file"})) == "done"
    assert tree(acme.hq) == {"a.mov": b"there"}


def test_finished_task_shows_sizes_times_and_paths(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("a.mov", b"12345")
    run(acme, session, acme.task("a.mov"))
    (job,) = session.find("Transfer", finished=True)
    assert (job["size"], job["progress"], job["speed"]) == (5, 100, -1.0)
    assert job["finished"].year > 1970
    (task,) = session.find("Task", entityid=job["id"])
    assert (task["status"], task["size"], task["progress"]) == ("done", 5, 100)
    assert task["finished"] is not None
    assert task["source"]["path_abs_final"] == str(acme.staging / "a.mov")
    assert task["destination"]["path_abs_final"] == str(acme.hq / "a.mov")


# Failures


def test_missing_source_fails_its_task_and_says_why_in_the_log(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("b.mov")
    assert run(acme, session, acme.task("a.mov"), acme.task("b.mov")) == "failed"
    assert acme.states() == ["failed", "done"]
    assert last(acme).tasks[0].reason.startswith("Source file not found")
    assert session.find("Transfer")[0]["status"] == "failed"  # it counts as live
    lines = session.logs("transfer", last(acme).id)["result"]
    assert [line["level"] for line in lines] == ["error"]
    assert "E#J001" in lines[0]["message"]


def test_missing_source_counts_as_done_when_a_setting_says_so(acme: Any, session: Any, engine: Any) -> None:
    assert run(acme, session, acme.task("a.mov"), settings={"job_on_missing": "ignore"}) == "done"
    assert tree(acme.hq) == {}


def test_sequence_with_a_missing_member_fails(acme: Any, session: Any, engine: Any) -> None:
    frames(acme, 1, 3)
    assert run(acme, session, acme.task("seq/f.%04d.exr[1-3]")) == "failed"
    assert "W#J069" in last(acme).tasks[0].reason
    assert tree(acme.hq) == {}


def test_sequence_without_any_member_fails(acme: Any, session: Any, engine: Any) -> None:
    assert run(acme, session, acme.task("seq/f.%04d.exr")) == "failed"


def test_share_without_local_folder_fails(acme: Any, session: Any, engine: Any) -> None:
    acme.demo.artist_client.folders.clear()
    assert run(acme, session, acme.task("a.mov")) == "failed"


def test_unwritable_destination_fails(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("dir/a.mov")
    (acme.hq / "dir").write_bytes(b"a file where a folder is needed")
    assert run(acme, session, acme.task("dir/a.mov")) == "failed"
    assert "E#J057" in last(acme).tasks[0].reason


@pytest.mark.parametrize("glob", ["a.mov", "show/*.mov", "*"])
def test_failing_path_fails_as_often_as_asked(acme: Any, session: Any, engine: Any, glob: str) -> None:
    acme.stage("show/a.mov")
    engine.fail_path(glob, "E#J066 Reserved space.", times=1)
    assert run(acme, session, acme.task("show/a.mov")) == "failed"
    assert last(acme).tasks[0].reason == "E#J066 Reserved space. (show/a.mov)"
    session.update("Transfer", last(acme).id, {"status": "waiting"})
    engine.wait_idle()
    assert (last(acme).status, last(acme).tasks[0].reason) == ("done", "")


def test_one_failing_frame_fails_the_range_until_cleared(acme: Any, session: Any, engine: Any) -> None:
    frames(acme, 1, 2, 3)
    engine.fail_path("f.0002.exr")
    assert run(acme, session, acme.task("seq/f.%04d.exr[1-3]")) == "failed"
    engine.clear_failures()
    session.create("Task", acme.task("seq/f.%04d.exr[1-3]"), last(acme).id)
    engine.wait_idle()
    assert last(acme).status == "done"
    assert len(tree(acme.hq)) == 3


def test_failed_task_on_hold_pauses_the_job(acme: Any, session: Any, engine: Any) -> None:
    run(acme, session, acme.task("a.mov"))
    session.update_many("Task", last(acme).id, [{"uri": "0", "status": "onhold"}])
    assert last(acme).status == "paused"


# Order and interruption


def test_higher_queue_and_higher_priority_go_first(acme: Any, session: Any) -> None:
    engine = acme.service.engine
    for name in ("low", "late", "first", "second"):
        acme.stage(name)
    session.create("Transfer", {"tasks": [acme.task("low")], "queue": "Low"})
    session.create("Transfer", {"tasks": [acme.task("second"), acme.task("first", priority=900)], "queue": "High"})
    session.create("Transfer", {"tasks": [acme.task("late")], "queue": "High"})
    engine.fail_path("*")  # so that the log of failures tells the order
    engine.paused = False
    engine.wait_idle()
    jobs = {job.id: job for job in acme.service.workspace.jobs()}
    low, high, late = jobs.values()
    assert [line.partition("(")[2] for line in (low.log[0], late.log[-1])] == ["low)", "late)"]
    assert high.tasks[0].status == low.tasks[0].status == late.tasks[0].status == "failed"
    assert [line.partition("(")[2] for line in high.log] == ["first)", "second)"]


def test_paused_engine_starts_nothing(acme: Any, session: Any) -> None:
    acme.stage("a.mov")
    assert run(acme, session, acme.task("a.mov")) == "waiting"
    acme.service.engine.paused = False
    acme.service.engine.wait_idle()
    assert last(acme).status == "done"


def executing(acme: Any, session: Any, *, size: int = 400_000, speed: float = 20_000) -> Any:
    """Return the session's answer for a job whose only task is being copied, slowly."""
    acme.stage("big.mov", b"x" * size)
    acme.service.engine.speed_bytes_per_s = speed
    job = session.create("Transfer", {"code": "big", "tasks": [acme.task("big.mov")]})
    assert acme.service.engine.wait_until(lambda: last(acme).tasks[0].done_bytes > 0)
    return job


def test_running_job_shows_progress_speed_and_time_left(acme: Any, session: Any, engine: Any) -> None:
    job = executing(acme, session)
    acme.service.engine.wait_until(lambda: last(acme).tasks[0].done_bytes > 4000)
    shown = session.get_entity("Transfer", job["id"])
    assert (shown["status"], shown["size"]) == ("running", 400_000)
    assert 0 < shown["progress"] < 100
    assert 0 < shown["speed"] < 1
    assert shown["etr"].startswith("0:00:")
    (task,) = session.find("Task", entityid=job["id"])
    assert (task["status"], task["size"]) == ("executing", 400_000)
    assert not (acme.hq / "big.mov").exists()
    engine.speed_bytes_per_s = None
    engine.wait_idle()
    assert (acme.hq / "big.mov").stat().st_size == 400_000


def test_waiting_for_a_busy_engine_ends_with_what_is_left(acme: Any, session: Any, engine: Any) -> None:
    executing(acme, session)
    with pytest.raises(TimeoutError, match=r"1 tasks: .*big\.mov"):
        engine.wait_idle(timeout_s=0.01)


def test_pausing_the_engine_stands_still_in_the_middle(acme: Any, session: Any, engine: Any) -> None:
    executing(acme, session)
    engine.paused = True
    engine.wait_idle()
    moved = last(acme).tasks[0].done_bytes
    engine.speed_bytes_per_s = None
    assert last(acme).tasks[0].done_bytes == moved
    engine.paused = False
    engine.wait_idle()
    assert last(acme).status == "done"


@pytest.mark.parametrize(
    ("how", "status", "task"), [("pause_job", "paused", "queued"), ("abort_job", "aborted", "queued")]
)
def test_held_job_stops_in_the_middle_and_can_be_resumed(
    acme: Any, session: Any, engine: Any, how: str, status: str, task: str
) -> None:
    job = executing(acme, session)
    getattr(acme.service.workspace, how)(job["id"])
    engine.wait_idle()
    assert (last(acme).status, acme.states()) == (status, [task])
    assert tree(acme.hq) == {}
    engine.speed_bytes_per_s = None
    acme.service.workspace.resume_job(job["id"])
    engine.wait_idle()
    assert last(acme).status == "done"


def test_deleted_job_stops_in_the_middle(acme: Any, session: Any, engine: Any) -> None:
    acme.service.workspace.delete_job(executing(acme, session)["id"])
    engine.wait_idle()
    assert acme.service.workspace.jobs() == []
    assert tree(acme.hq) == {}


def test_excluded_task_stops_in_the_middle(acme: Any, session: Any, engine: Any) -> None:
    job = executing(acme, session)
    session.update_many("Task", job["id"], [{"uri": "0", "status": "excluded"}])
    engine.wait_idle()
    assert (last(acme).status, acme.states()) == ("done", ["excluded"])
    assert tree(acme.hq) == {}


def test_offline_client_sends_its_task_back_to_the_queue(acme: Any, session: Any, engine: Any) -> None:
    executing(acme, session)
    client_id = acme.demo.artist_client.id
    engine.client_offline(client_id)
    engine.wait_idle()
    assert (last(acme).status, acme.states()) == ("waiting", ["queued"])
    assert session.find_one(f"Client WHERE id={client_id}")["status"] == "offline"
    engine.speed_bytes_per_s = None
    engine.client_online(client_id)
    engine.wait_idle()
    assert last(acme).status == "done"


def test_jobs_to_a_site_wait_while_its_server_is_offline(acme: Any, session: Any, engine: Any) -> None:
    acme.stage("a.mov")
    engine.client_offline(acme.demo.london_server.id)
    assert run(acme, session, acme.task("a.mov", "site=london")) == "waiting"
    assert run(acme, session, acme.task("a.mov")) == "done"


def test_jobs_wait_while_their_queue_is_paused(acme: Any, session: Any, admin: Any, engine: Any) -> None:
    acme.stage("a.mov")
    queue = admin.find_one("Queue WHERE code=show_a")["id"]
    assert admin.update("Queue", queue, {"status": "paused"})["status"] == "paused"
    assert run(acme, session, acme.task("a.mov"), queue="show_a") == "waiting"
    admin.update("Queue", queue, {"status": "enabled"})
    engine.wait_idle()
    assert last(acme).status == "done"


def test_stopped_service_keeps_the_task_and_goes_on_after_a_new_start(acme: Any, session: Any, engine: Any) -> None:
    executing(acme, session)
    acme.service.stop()
    assert acme.states() == ["queued"]
    engine.speed_bytes_per_s = None
    acme.service.start()
    engine.wait_idle()
    assert last(acme).status == "done"


def test_task_added_while_aborting_is_carried_out_alone(acme: Any, session: Any, engine: Any) -> None:
    job = executing(acme, session)
    acme.service.workspace.abort_job(job["id"])
    acme.stage("small.mov")
    session.create("Task", acme.task("small.mov"), job["id"])
    engine.wait_idle()
    assert sorted(acme.states()) == ["done", "onhold"]
    assert last(acme).status == "paused"
