"""Jobs and tasks through the real client: forms, duplicates, statuses, and what is refused as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException


@pytest.fixture
def job_id(acme: Any, session: Any) -> str:
    return str(session.create("Transfer", acme.job("a.mov", "b.mov"))["id"])


def rows(acme: Any) -> Any:
    return acme.service.workspace.jobs()[-1]


# Creating jobs


def test_job_keeps_what_it_was_created_with(acme: Any, session: Any) -> None:
    data = {
        "code": "show_a upload > hq 2026-11-21",
        "queue": "show_a",
        "tasks": [acme.task("a.mov", None, priority=700, metadata={"component": "1"}, settings={"x": "y"})],
        "mirror_paths": True,
        "settings": {"integration": "ftrack"},
        "metadata": {"key": "k"},
        "status": "waiting",
    }
    answer = session.create("Transfer", data)
    assert (answer["code"], answer["name"], answer["status"]) == (data["code"], data["code"], "waiting")
    assert (answer["parent_hr"], answer["user_hr"], answer["metadata"]) == ("show_a", "artist@acme.test", {"key": "k"})
    assert (answer["source"], answer["destination_hr"]) == (f"user:{session._uid}", "acme")
    assert (answer["progress"], answer["size"], answer["speed"], answer["finished"].year) == (0, -1, -1.0, 1970)
    job = rows(acme)
    assert (job.queue, job.settings, job.metadata, job.mirrored) == (
        "show_a",
        {"integration": "ftrack"},
        {"key": "k"},
        True,
    )
    task = job.tasks[0]
    assert (task.priority, task.metadata, task.settings) == (700, {"component": "1"}, {"x": "y"})


def test_settings_of_a_job_are_not_among_its_attributes(acme: Any, session: Any) -> None:
    answer = session.create("Transfer", acme.job("a.mov", settings={"a": "b"}))
    assert "settings" not in answer
    assert session.get_settings("transfer", answer["id"]) == {"a": "b"}


@pytest.mark.parametrize("queue", ["High", "high", "{id}", None])
def test_queue_is_named_by_code_or_id_or_left_out(acme: Any, session: Any, queue: str | None) -> None:
    high = session.find_one("Queue WHERE code=high")["id"]
    wanted = {} if queue is None else {"queue": queue.format(id=high)}
    session.create("Transfer", acme.job("a.mov", **wanted))
    assert rows(acme).queue == ("Medium" if queue is None else "High")


def test_names_are_not_unique(acme: Any, session: Any) -> None:
    assert session.create("Transfer", acme.job("a.mov"))["id"] != session.create("Transfer", acme.job("a.mov"))["id"]
    assert len(session.find('Transfer WHERE code="a job"')) == 2


def test_job_without_name_takes_that_of_its_first_file(acme: Any, session: Any) -> None:
    assert session.create("Transfer", acme.task("show/a.mov"))["code"] == "a.mov"


def test_tasks_may_be_texts_and_objects_by_uri(acme: Any, session: Any) -> None:
    text = acme.task("a.mov")["source"]
    session.create("Transfer", {"tasks": [text], "mirror_paths": True})
    assert [(task.uri, task.source) for task in rows(acme).tasks] == [("0", text)]
    session.create("Transfer", {"tasks": {"own": acme.task("a.mov"), "1": acme.task("b.mov")}})
    assert [task.uri for task in rows(acme).tasks] == ["own", "1"]


def test_job_can_be_created_paused(acme: Any, session: Any) -> None:
    assert session.create("Transfer", acme.job("a.mov", status="paused"))["status"] == "paused"


def test_placeholder_job_is_done_at_once_and_takes_tasks(acme: Any, session: Any) -> None:
    answer = session.create("Transfer", {"code": "later", "tasks": [acme.task("x")]} | {"tasks": [_nothing(acme)]})
    assert answer["status"] == "done"
    session.create("Task", {"tasks": [acme.task("a.mov")]}, answer["id"])
    assert (rows(acme).status, acme.states()) == ("waiting", ["excluded", "queued"])


def _nothing(acme: Any) -> dict[str, str]:
    return {"source": f"client={acme.demo.artist_client.id}:null", "destination": "acme", "status": "excluded"}


IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "Unknown queue": {"queue": "nothing"},
    "Settings must be strings": {"settings": {"job_max_retries": 5}},
    "Metadata must be an object": {"metadata": "text"},
    "cannot be created with status done": {"status": "done"},
    'Unknown attribute "again"': {"again": True},
    '"append" must be true or false': {"append": "yes"},
    '"mirror_paths" must be true or false': {"mirror_paths": "yes"},
    "No tasks supplied": {"tasks": []},
    "either tasks or source": {"destination": "acme"},
    "Each task must be an object": {"tasks": [1]},
    "name of a job must be a text": {"code": 5},
}


@pytest.mark.parametrize("message", IMPOSSIBLE)
def test_impossible_job_is_refused_as_a_whole(acme: Any, session: Any, message: str) -> None:
    with pytest.raises(AccsynException, match=message):
        session.create("Transfer", {**acme.job("a.mov"), **IMPOSSIBLE[message]})
    assert acme.service.workspace.jobs() == []


IMPOSSIBLE_TASKS: dict[str, dict[str, Any]] = {
    "must have a source": {"source": ""},
    "destination of a task must be a text": {"destination": ["acme"]},
    "Unknown share: nothing": {"source": "share=nothing/a.mov"},
    "Unknown party: elsewhere": {"destination": "elsewhere:share=projects/a.mov"},
    "Unknown site": {"destination": "site=paris"},
    "Unknown client": {"source": "client=000000000000000000000000:share=projects/a"},
    "same source and the same destination party": {"destination": "site=london"},
    "Priority must be": {"priority": "high"},
    "Settings must be strings": {"settings": {"x": 1}},
    "Metadata must be an object": {"metadata": []},
    "cannot be created with status done": {"status": "done"},
    'Unknown attribute "dest"': {"dest": "acme"},
}


@pytest.mark.parametrize("message", IMPOSSIBLE_TASKS)
def test_impossible_task_refuses_all_of_its_call(acme: Any, session: Any, job_id: str, message: str) -> None:
    tasks = [acme.task("c.mov"), {**acme.task("d.mov"), **IMPOSSIBLE_TASKS[message]}]
    with pytest.raises(AccsynException, match=message):
        session.create("Task", {"tasks": tasks}, job_id)
    with pytest.raises(AccsynException, match=message):
        session.create("Transfer", {"tasks": tasks})
    assert [len(job.tasks) for job in acme.service.workspace.jobs()] == [2]


# Adding tasks


def test_added_tasks_are_answered_as_rows(acme: Any, session: Any, job_id: str) -> None:
    one = session.create("Task", acme.task("c.mov", metadata={"n": 1}), job_id)
    assert (one["uri"], one["status"], one["job"], one["metadata"]) == ("2", "queued", job_id, {"n": 1})
    assert one["source"]["client"] == acme.demo.artist_client.id
    assert (one["source"]["path"], one["source"]["v"]) == ("c.mov", acme.demo.volume.id)
    two = session.create("Task", {"tasks": [acme.task("d.mov"), acme.task("e.mov")]}, job_id)
    assert [task["uri"] for task in two] == ["3", "4"]


def test_mirrored_job_takes_tasks_without_destination(acme: Any, session: Any, job_id: str) -> None:
    assert session.create("Task", acme.task("c.mov", None), job_id)["destination"]["path"] == "c.mov"


def test_new_job_without_destination_needs_mirrored_paths(acme: Any, session: Any) -> None:
    data = {"tasks": [acme.task("a.mov", None)]}
    with pytest.raises(AccsynException, match="must have a destination"):
        session.create("Transfer", data)
    assert session.create("Transfer", {**data, "mirror_paths": True})["destination_hr"] == "acme"


def test_job_with_explicit_paths_takes_no_task_without_destination(acme: Any, session: Any) -> None:
    job = session.create("Transfer", acme.job("a.mov", destination="acme:share=projects/x/a.mov"))
    with pytest.raises(AccsynException, match="must have a destination"):
        session.create("Task", acme.task("c.mov", None), job["id"])


def test_task_that_exists_is_retried_and_answered(acme: Any, session: Any, job_id: str) -> None:
    acme.service.workspace.set_task_status(job_id, "0", "failed")
    tasks = [acme.task("a.mov", metadata={"ignored": True}), acme.task("c.mov")]
    answer = session.create("Task", {"tasks": tasks}, job_id)
    assert [(task["uri"], task["status"], task["metadata"]) for task in answer] == [
        ("0", "queued", {}),
        ("3", "queued", {}),
    ]
    assert len(rows(acme).tasks) == 3


@pytest.mark.parametrize("status", ["queued", "done", "failed", "onhold", "excluded"])
def test_task_added_again_keeps_its_id_and_its_old_metadata(acme: Any, session: Any, job_id: str, status: str) -> None:
    first = session.create("Task", acme.task("c.mov", metadata={"run": 1}), job_id)
    acme.service.workspace.set_task_status(job_id, first["uri"], status)
    again = session.create("Task", acme.task("c.mov", metadata={"run": 2}, priority=900), job_id)
    assert (again["id"], again["status"], again["metadata"], again["priority"]) == (
        *(first["id"], "queued"),
        *({"run": 1}, 500),
    )
    assert len(rows(acme).tasks) == 3


def test_task_added_again_revives_its_finished_job_and_runs_again(acme: Any, session: Any, job_id: str) -> None:
    engine = acme.service.engine
    for name in ("a.mov", "b.mov"):
        acme.stage(name)
    engine.paused = False
    engine.wait_idle()
    assert [job["id"] for job in session.find("Transfer", finished=True)] == [job_id]
    acme.stage("a.mov", b"newer data")
    engine.paused = True
    assert session.create("Task", acme.task("a.mov"), job_id)["id"] == rows(acme).tasks[0].id
    assert [(job["id"], job["status"]) for job in session.find("Transfer")] == [(job_id, "waiting")]
    assert acme.states() == ["queued", "done"]
    engine.paused = False
    engine.wait_idle()
    assert (rows(acme).status, (acme.hq / "a.mov").read_bytes()) == ("done", b"newer data")


def test_other_spelling_of_a_path_is_no_duplicate(acme: Any, session: Any, job_id: str) -> None:
    source = acme.task("a.mov")["source"].replace("share=", "volume=")
    session.create("Task", {"tasks": [{"source": source, "destination": "acme"}]}, job_id)
    assert len(rows(acme).tasks) == 3


def test_forbidden_duplicates_refuse_the_call(acme: Any, session: Any, job_id: str) -> None:
    tasks = {"tasks": [acme.task("c.mov"), acme.task("a.mov")]}
    with pytest.raises(AccsynException, match="Duplicate"):
        session.create("Task", tasks, job_id, allow_duplicates=False)
    assert len(rows(acme).tasks) == 2


def test_replaced_duplicate_takes_the_place_of_the_old_one(acme: Any, session: Any, job_id: str) -> None:
    old = rows(acme).tasks[0]
    tasks = {"tasks": [acme.task("a.mov", metadata={"new": True})]}
    new = session.create("Task", tasks, job_id, replace_duplicates=True)
    assert (new["uri"], new["metadata"]) == ("0", {"new": True})
    assert new["id"] != old.id
    assert len(rows(acme).tasks) == 2


@pytest.mark.parametrize(("before", "after"), [("done", "waiting"), ("aborted", "waiting"), ("paused", "paused")])
def test_adding_revives_finished_jobs_but_not_paused_ones(
    acme: Any, session: Any, job_id: str, before: str, after: str
) -> None:
    session.update("Transfer", job_id, {"status": before})
    session.create("Task", acme.task("c.mov"), job_id)
    assert session.get_entity("Transfer", job_id)["status"] == after


@pytest.mark.parametrize("how", ["archive_job", "delete_job"])
def test_adding_to_an_archived_or_deleted_job_is_refused(acme: Any, session: Any, job_id: str, how: str) -> None:
    getattr(acme.service.workspace, how)(job_id)
    with pytest.raises(AccsynException, match=r"archived|No job found"):
        session.create("Task", acme.task("c.mov"), job_id)


def test_adding_to_no_job_is_refused(acme: Any, session: Any) -> None:
    with pytest.raises(AccsynException, match="No job found"):
        session.create("Task", acme.task("c.mov"))


# Changing


def test_status_words_that_users_may_not_set_are_refused(session: Any, job_id: str) -> None:
    for status in ("running", "failed", "init"):
        with pytest.raises(AccsynException, match="status cannot be set"):
            session.update("Transfer", job_id, {"status": status})


def test_job_renamed_by_somebody_else_has_another_name_and_code(acme: Any, session: Any, job_id: str) -> None:
    acme.service.workspace.rename_job(job_id, "Renamed")
    assert session.find('Transfer WHERE code="a job"') == []
    (found,) = session.find("Transfer WHERE code=renamed")
    assert (found["id"], found["name"], found["code"]) == (job_id, "Renamed", "Renamed")


def test_addition_refused_once_changes_nothing_and_can_be_repeated(acme: Any, session: Any, job_id: str) -> None:
    acme.service.switches.fail_next("task/create", status=403, body={"message": "Not now."})
    with pytest.raises(AccsynException, match="Not now"):
        session.create("Task", acme.task("c.mov"), job_id)
    assert len(rows(acme).tasks) == 2
    session.create("Task", acme.task("c.mov"), job_id)
    assert len(rows(acme).tasks) == 3


def test_job_can_be_renamed_moved_and_marked(acme: Any, session: Any, job_id: str) -> None:
    answer = session.update("Transfer", job_id, {"name": "new", "queue": "Low", "metadata": {"a": 1}})
    assert (answer["code"], answer["parent_hr"], answer["metadata"]) == ("new", "Low", {"a": 1})


@pytest.mark.parametrize("data", [{"tasks": []}, {"status": "paused", "destination": "acme"}, {"queue": "nothing"}])
def test_impossible_change_of_a_job_changes_nothing(acme: Any, session: Any, job_id: str, data: dict[str, Any]) -> None:
    before = rows(acme)
    with pytest.raises(AccsynException, match="Unknown"):
        session.update("Transfer", job_id, data)
    assert rows(acme) == before


def test_archived_job_cannot_be_changed(acme: Any, session: Any, job_id: str) -> None:
    acme.service.workspace.archive_job(job_id)
    for data in ({"status": "waiting"}, {"name": "new"}):
        with pytest.raises(AccsynException, match="archived"):
            session.update("Transfer", job_id, data)
    with pytest.raises(AccsynException, match="archived"):
        session.update_many("Task", job_id, [{"uri": "0", "status": "queued"}])


def test_tasks_are_changed_by_id_or_uri(acme: Any, session: Any, job_id: str) -> None:
    first, second = rows(acme).tasks
    changes = [{"id": first.id, "status": "excluded"}, {"uri": "1", "priority": 900, "metadata": {"a": 1}}]
    assert [task["uri"] for task in session.update_many("Task", job_id, changes)] == ["0", "1"]
    first, second = rows(acme).tasks
    assert (first.status, second.priority, second.metadata) == ("excluded", 900, {"a": 1})


def test_single_task_is_changed_by_its_id(acme: Any, session: Any, job_id: str) -> None:
    assert session.update("Task", rows(acme).tasks[0].id, {"status": "onhold"})["status"] == "onhold"


@pytest.mark.parametrize(
    "change",
    [{"uri": "9"}, {"uri": "1", "status": "executing"}, {"uri": "1", "source": "x"}, {"uri": "1", "priority": 5000}],
)
def test_impossible_change_of_a_task_changes_none(acme: Any, session: Any, job_id: str, change: dict[str, Any]) -> None:
    with pytest.raises(AccsynException, match=r"No task found|cannot be set|Unknown attribute|Priority"):
        session.update_many("Task", job_id, [{"uri": "0", "status": "excluded"}, change])
    assert acme.states() == ["queued", "queued"]


def test_tasks_can_be_neither_deleted_nor_deactivated(acme: Any, session: Any, job_id: str) -> None:
    with pytest.raises(AccsynException, match="not supported"):
        session.delete_one("Task", rows(acme).tasks[0].id)
    with pytest.raises(AccsynException, match="not supported"):
        session.deactivate_one("Transfer", job_id)


@pytest.mark.parametrize("ident", ["SHORT", "0" * 24])
def test_unknown_job_is_refused(session: Any, ident: str) -> None:
    with pytest.raises(AccsynException, match=r"Invalid entity id|No job found"):
        session.update("Transfer", ident, {"status": "waiting"})
