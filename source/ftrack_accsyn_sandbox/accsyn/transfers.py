"""Calls on jobs and tasks: create, add, change (accsyn fact sheet, section 6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

from ftrack_accsyn_sandbox.accsyn import access, deliveries, jobs, publishing, views
from ftrack_accsyn_sandbox.accsyn.call import Call, check_keys, check_metadata, check_texts
from ftrack_accsyn_sandbox.accsyn.entities import CLIENT_SERVER, Client, Delivery, Job, Party, Queue, Task, now
from ftrack_accsyn_sandbox.accsyn.errors import Denied, Refusal
from ftrack_accsyn_sandbox.accsyn.parties import Reader, check_pair
from ftrack_accsyn_sandbox.accsyn.submitting import submitted

_DUPLICATES = ("allow_duplicates", "replace_duplicates")
_JOB_KEYS = (
    *("code", "name", "queue", "tasks", "source", "destination", "mirror_paths", "mirror", "append"),
    *("settings", "metadata", "status", "type", *_DUPLICATES),
)
_TASK_KEYS = ("source", "destination", "uri", "priority", "metadata", "settings", "status")
_NEW_TASK_STATUSES = ("queued", "onhold", "excluded")


def create_job(call: Call) -> Any:
    """Create a transfer job with its tasks. Nothing is created when anything of it is refused."""
    delivered = deliveries.transfer(call)
    if delivered is not None:
        return delivered
    data = call.options
    if "hooks" in data:
        return publishing.submit(call)
    check_keys(data, _JOB_KEYS, "transfer")
    mirrored = any(_flag(data, name, False) for name in ("mirror_paths", "mirror"))
    status = data.get("status", "waiting")
    if status not in ("waiting", "paused"):
        raise Refusal(f"A job cannot be created with status {status}.")
    queue = _queue(call, data.get("queue")) if data.get("queue") is not None else None
    tasks = _read_tasks(call, _task_rows(data), None, 0, mirrored=mirrored)
    recent = _recent(call, tasks[0], queue) if _flag(data, "append", False) else None
    if recent is not None:
        _add(call, recent)
        return [views.show(call.workspace, recent)]
    name = data.get("code") or data.get("name") or _first_name(tasks[0])
    if not isinstance(name, str):
        raise Refusal("The name of a job must be a text.")
    job = Job(
        name,
        name,
        user_id=call.user.id,
        modifier_id=call.user.id,
        queue_id=(queue or _usual_queue(call, tasks)).id,
        uri=str(sum(1 for _ in call.workspace.each(Job))),
        source=tasks[0].source.party,
        destination=tasks[0].destination.party,
        mirrored=mirrored or any(task.destination.mirrored for task in tasks),
        held="paused" if status == "paused" else None,
        metadata=check_metadata(data.get("metadata", {})),
        settings=check_texts(data.get("settings", {})),
    )
    jobs.add_tasks(job, tasks, **_duplicate_rules(data))
    return submitted(call, job)


def create_tasks(call: Call) -> list[dict[str, Any]]:
    """Add tasks to a job; all of them or, when anything is refused, none. The retried ones are among the rows."""
    if isinstance(call.workspace.entities.get(call.id or ""), Delivery):
        raise Refusal("Files cannot be added to a delivery as tasks.")
    job = find_job(call, call.id or call.query)  # clients before 3.1 send the job's id as the query
    access.check_edit(call.workspace, call.user, job)
    if job.archived:
        raise Refusal("Cannot add tasks to the job, it has been archived.")
    check_keys(call.options, ("tasks", *_DUPLICATES), "task")
    return [views.show_task(call.workspace, job, task) for task in _add(call, job)]


def _add(call: Call, job: Job) -> list[Task]:
    """Add the tasks of the call to *job*, and return the rows concerned."""
    tasks = _read_tasks(call, _task_rows(call.options), job, jobs.next_uri(job), mirrored=job.mirrored)
    rows = jobs.add_tasks(job, tasks, **_duplicate_rules(call.options))
    job.modifier_id = call.user.id
    call.workspace.changed.notify_all()
    return rows


def _recent(call: Call, task: Task, queue: Optional[Queue]) -> Optional[Job]:
    """Return the job to which *task* is appended, also one that is done; None for a new one.

    Which accsyn takes is not known. Here it is, of the user's own between the same two parties, the one that changed
    last; not one that is paused, which its app passes over, and none of a delivery or a publish.
    """
    found = [
        job
        for job in call.workspace.live(Job)
        if (job.user_id, job.source, job.destination) == (call.user.id, task.source.party, task.destination.party)
        and not (job.status == "paused" or job.parent_id or job.published is not None)
        and queue in (None, call.workspace.queue_of(job))
    ]
    return max(reversed(found), key=lambda job: job.modified, default=None)


def edit_job(call: Call) -> list[dict[str, Any]]:
    """Change status, name, queue or metadata of a job."""
    job = find_job(call, call.entity_id)
    access.check_edit(call.workspace, call.user, job)
    data = call.options
    check_keys(data, ("status", "code", "name", "queue", "parent", "metadata"), "transfer")
    metadata = check_metadata(data["metadata"]) if "metadata" in data else job.metadata
    named = data.get("queue", data.get("parent"))
    queue_id = job.queue_id if named is None else _queue(call, named).id
    if data.get("status") == "waiting":
        access.check_again(call.workspace, call.user, job, job.tasks)
    if "status" in data:
        jobs.set_status(job, data["status"])
    elif job.archived:
        raise Refusal("The job has been archived and cannot be changed.")
    job.metadata, job.queue_id = metadata, queue_id
    job.code = job.name = str(data.get("code", data.get("name", job.code)))
    job.modifier_id, job.modified = call.user.id, now()
    call.workspace.changed.notify_all()
    return [views.show(call.workspace, job)]


def edit_tasks(call: Call) -> list[dict[str, Any]]:
    """Change status, priority or metadata of tasks of a job, named by id or uri; all or none."""
    rows = call.data if isinstance(call.data, list) else [{"id": call.id, **call.options}]
    job = find_job(call, call.entity_id) if isinstance(call.data, list) else _job_of_task(call, str(call.id))
    access.check_edit(call.workspace, call.user, job)
    if job.archived:
        raise Refusal("The job has been archived and cannot be changed.")
    pairs = [(_task_of(job, row), row) for row in rows]
    for _, row in pairs:
        check_keys(row, ("id", "uri", "status", "priority", "metadata"), "task")
        if "status" in row and row["status"] not in jobs.TASK_WRITABLE:
            raise Refusal(f"Task status cannot be set to {row['status']}.")
        _priority(row)
        check_metadata(row.get("metadata", {}))
    access.check_again(call.workspace, call.user, job, [task for task, row in pairs if row.get("status") == "queued"])
    for task, row in pairs:
        if "status" in row:
            jobs.set_task_status(task, row["status"])
        task.priority = _priority(row, task.priority)
        task.metadata = row.get("metadata", task.metadata)
    jobs.settle(job)
    call.workspace.changed.notify_all()
    return [views.show_task(call.workspace, job, task) for task, _ in pairs]


def delete_job(call: Call) -> bool:
    """Archive a job."""
    job = find_job(call, call.entity_id)
    access.check_edit(call.workspace, call.user, job)
    call.workspace.archive_job(job.id)
    return True


def find_job(call: Call, ident: str) -> Job:
    """Return a job that the user may see. Raises Refusal."""
    job = call.workspace.entities.get(ident)
    if not isinstance(job, Job) or not access.visible(call.workspace, call.user, job):
        raise Refusal(f"No job found with id {ident}.")
    return job


def _job_of_task(call: Call, task_id: str) -> Job:
    for job in call.workspace.each(Job):
        if any(task.id == task_id for task in job.tasks):
            return find_job(call, job.id)
    raise Refusal(f"No task found with id {task_id}.")


def _task_of(job: Job, row: Any) -> Task:
    if not isinstance(row, dict):
        raise Refusal("Each task must be an object.")
    for task in job.tasks:
        if task.id == row.get("id") or ("id" not in row and task.uri == str(row.get("uri"))):
            return task
    raise Refusal(f"No task found with {'id ' + str(row['id']) if 'id' in row else 'uri ' + str(row.get('uri'))}.")


def _task_rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the tasks of a call as a list of objects, whatever form they have."""
    if "tasks" not in data:
        return [{key: data[key] for key in ("source", "destination") if key in data}]
    if "source" in data or "destination" in data:
        raise Refusal("Give either tasks or source and destination.")
    tasks = data["tasks"]
    if isinstance(tasks, dict) and "source" in tasks:
        tasks = [tasks]
    if isinstance(tasks, dict):
        if not all(isinstance(task, dict) for task in tasks.values()):
            raise Refusal("Each task must be an object.")
        tasks = [{**task, "uri": uri} for uri, task in tasks.items()]
    if not isinstance(tasks, list) or not tasks:
        raise Refusal("No tasks supplied.")
    return [{"source": task} if isinstance(task, str) else task for task in tasks]


def _read_tasks(call: Call, rows: list[Any], job: Optional[Job], first_uri: int, *, mirrored: bool) -> list[Task]:
    reader = Reader(call.workspace, call.user)
    ends = (job.source, job.destination) if job is not None else None
    tasks = []
    for number, row in enumerate(rows, start=first_uri):
        if not isinstance(row, dict):
            raise Refusal("Each task must be an object.")
        task = _read_task(call, reader, row, str(number), job, mirrored=mirrored)
        ends = ends or (task.source.party, task.destination.party)
        check_pair(call.workspace, call.user, task.source.party, task.destination.party)
        if (task.source.party, task.destination.party) != ends:
            raise Refusal("All tasks of a job must have the same source and the same destination party.")
        machine = call.workspace.entities.get(ends[1].machine_id or "")
        call.workspace.reached(getattr(machine, "user_id", None), task.destination.share_id)
        # The machines stay those of the job's submission.
        task.source = replace(task.source, party=ends[0])
        task.destination = replace(task.destination, party=ends[1])
        tasks.append(task)
    return tasks


def _read_task(
    call: Call, reader: Reader, row: dict[str, Any], number: str, job: Optional[Job], *, mirrored: bool
) -> Task:
    check_keys(row, _TASK_KEYS, "task")
    text, target = row.get("source"), row.get("destination")
    if not isinstance(text, str) or not text:
        raise Refusal("A task must have a source.")
    source = reader.source(text)
    if target is None:
        if not mirrored:
            raise Refusal("A task must have a destination, unless the paths of its job are mirrored.")
        home = Party("workspace", call.workspace.id)
        home = job.destination if job is not None else call.workspace.resolved(home)
        destination = reader.mirror(home, source, text)
    elif isinstance(target, str) and target:
        destination = reader.destination(target, source)
    else:
        raise Refusal("The destination of a task must be a text.")
    status = row.get("status", "queued")
    if status not in _NEW_TASK_STATUSES:
        raise Refusal(f"A task cannot be created with status {status}.")
    return Task(
        str(row.get("uri", number)),
        text,
        target or "",
        source,
        destination,
        status=status if not source.null else "excluded",
        priority=_priority(row),
        metadata=check_metadata(row.get("metadata", {})),
        settings=check_texts(row.get("settings", {})),
    )


def _priority(row: dict[str, Any], default: int = 500) -> int:
    priority = row.get("priority", default)
    if not isinstance(priority, int) or isinstance(priority, bool) or not 0 <= priority <= 1000:
        raise Refusal("Priority must be a number from 0 to 1000.")
    return priority


def _usual_queue(call: Call, tasks: list[Task]) -> Queue:
    """Return the queue of a job that names none: that of a share or user involved, else the default one.

    Which of them goes first is not known; here it is the destination's share, the source's, the users in this order.
    """
    ends = (tasks[0].destination, tasks[0].source)
    machines = [call.workspace.entities.get(end.party.machine_id or "") for end in ends]
    users = [each.user_id for each in machines if isinstance(each, Client) and each.type != CLIENT_SERVER]
    for ident in (*(end.share_id for end in ends), *users, call.user.id):
        holder = call.workspace.entities.get(ident or "")
        queue = call.workspace.entities.get(getattr(holder, "queue_id", None) or "")
        if isinstance(queue, Queue) and queue.active and not queue.archived:
            return queue
    return call.workspace.default_queue


def _queue(call: Call, ident: Any) -> Queue:
    live = call.workspace.live(Queue) if isinstance(ident, str) else []
    queue = next((queue for queue in live if ident.lower() in (queue.id, queue.code.lower(), queue.name.lower())), None)
    if queue is None:
        raise Refusal(f"Unknown queue: {ident}")
    if call.user.role == "standard":
        raise Denied("You are not allowed to choose a queue.")
    return queue


def _duplicate_rules(data: dict[str, Any]) -> dict[str, bool]:
    return {
        "allow_duplicates": _flag(data, "allow_duplicates", True),
        "replace_duplicates": _flag(data, "replace_duplicates", False),
    }


def _flag(data: dict[str, Any], name: str, default: bool) -> bool:
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal(f'"{name}" must be true or false.')
    return default if value is None else value


def _first_name(task: Task) -> str:
    return task.source_text.rstrip("/").replace("\\", "/").rsplit("/", 1)[-1]
