"""Lets the sandbox's accsyn be otherwise than the plugin assumes, in one respect or several (accsyn fact sheet, 10).

A switch has the id of the assumption that it makes fail; where that may fail in more than one way, the others have a
colon and a word behind it. How a real accsyn would be otherwise is not known: these are what can be thought of.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Optional

from ftrack_accsyn_sandbox.accsyn import jobs
from ftrack_accsyn_sandbox.accsyn.call import Answered, Call, Twist
from ftrack_accsyn_sandbox.accsyn.entities import Job, Site
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.service import AccsynService

After = Callable[[Call, Any], Any]
_SHARE = re.compile(r"share=([^/]+)/(.*)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Switch:
    """One way to be otherwise, in words, and how: by twists of calls, or by what is set on the service."""

    said: str
    twists: tuple[Twist, ...] = ()
    sets: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def fail(service: AccsynService, names: Iterable[str]) -> None:
    """Let *names*, of `SWITCHES`, fail from now on; others hold again. Raises KeyError for what is no switch."""
    chosen = [SWITCHES[name] for name in names]
    usual = {name: value for switch in SWITCHES.values() for name, value in _usual(switch).items()}
    for name, value in {**usual, **{name: value for switch in chosen for name, value in switch.sets.items()}}.items():
        setattr(_holder(service, name), name.rpartition(".")[2], value)
    with service.workspace.changed:
        service.workspace.twists = tuple(twist for switch in chosen for twist in switch.twists)


def _holder(service: AccsynService, name: str) -> Any:
    return service.workspace if name.startswith("workspace.") else service


def _usual(switch: Switch) -> dict[str, Any]:
    return {name: _USUAL[name] for name in switch.sets}


# Finding.


def _no_name(call: Call) -> Optional[Call]:
    return dataclasses.replace(call, query='code="nothing is called so"') if "code=" in call.query else None


def _no_id(call: Call, rows: Any) -> Any:
    return [] if call.id is not None else rows


def _no_in(call: Call) -> None:
    if " in " in call.query:
        raise Refusal(f"Invalid expression: {call.query}")


def _empty_in(call: Call, rows: Any) -> Any:
    return [] if " in " in call.query else rows


# What is kept, and told.


def _without_metadata(call: Call) -> Optional[Call]:
    return dataclasses.replace(call, data={**call.options, "metadata": {}})


def _tasks_without_metadata(call: Call) -> Optional[Call]:
    return _each_task(call, lambda task: {**task, "metadata": {}})


def _each(change: Callable[[dict[str, Any]], dict[str, Any]]) -> After:
    def after(call: Call, rows: Any) -> Any:
        return [change(row) if isinstance(row, dict) else row for row in rows] if isinstance(rows, list) else rows

    return after


def _pathless(row: dict[str, Any]) -> dict[str, Any]:
    ends = {name: {**row[name], "path": ""} for name in ("source", "destination") if isinstance(row.get(name), dict)}
    return {**row, **{name: {k: v for k, v in end.items() if k != "path_abs"} for name, end in ends.items()}}


def _sizeless(call: Call, answer: Any) -> Any:
    if call.options.get("op") == "getsize":
        raise Refusal("The size of a file is not available.")
    return _each(lambda row: {name: value for name, value in row.items() if name != "size"})(call, answer)


# Tasks and jobs.


def _each_task(call: Call, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Optional[Call]:
    tasks = call.options.get("tasks")
    if not isinstance(tasks, list):
        return None
    return dataclasses.replace(call, data={**call.options, "tasks": [change(dict(task)) for task in tasks]})


def _no_existing(call: Call) -> Optional[Call]:
    return dataclasses.replace(call, data={**call.options, "allow_duplicates": False})


def _job_of(call: Call) -> Optional[Job]:
    job = call.workspace.entities.get(call.id or "")
    return job if isinstance(job, Job) else None


def _passes_existing_over(call: Call) -> Optional[Call]:
    job = _job_of(call)
    known = {task.source_text: task for task in job.tasks} if job is not None else {}
    left = [task for task in call.options["tasks"] if task["source"] not in known]
    if len(left) == len(call.options["tasks"]):
        return None
    if left:
        return dataclasses.replace(call, data={**call.options, "tasks": left})
    raise Answered(True)


def _finished_is_closed(call: Call) -> None:
    job = _job_of(call)
    if job is not None and job.status == "done":
        raise Refusal("The job is done.")


class _Sleeping:
    """Leaves a job done that was done when tasks were added; calls are carried out one after the other."""

    def __init__(self) -> None:
        self._was_done = False

    def before(self, call: Call) -> None:
        job = _job_of(call)
        self._was_done = job is not None and job.status == "done"

    def after(self, call: Call, rows: Any) -> Any:
        job = _job_of(call)
        if job is not None and self._was_done:
            job.held = "done"
            jobs.settle(job)
        return rows


_sleeping = _Sleeping()


def _no_ranges(call: Call) -> Optional[Call]:
    def check(task: dict[str, Any]) -> dict[str, Any]:
        if str(task.get("source", "")).endswith("]"):
            raise Refusal(f"Invalid path: {task['source']}")
        return task

    return _each_task(call, check)


def _into(call: Call) -> Optional[Call]:
    """Put a slash behind each folder: its mirrored destination is read as "into that folder" then."""

    def change(task: dict[str, Any]) -> dict[str, Any]:
        named = _SHARE.search(str(task.get("source", "")))
        sites = call.workspace.each(Site)
        machines = [*sites, *(each for each in call.workspace.entities.values() if hasattr(each, "host_id"))]
        folders = [folder for each in machines for folder in getattr(each, "folders", {}).values()]
        is_folder = named is not None and any((folder / named[2]).is_dir() for folder in folders)
        return {**task, "source": f"{task['source']}/"} if is_folder else task

    return _each_task(call, change)


def _no_mirroring(call: Call) -> Optional[Call]:
    def check(task: dict[str, Any]) -> dict[str, Any]:
        if "=" not in str(task.get("destination") or ""):
            raise Refusal("A task must have a destination with a path.")
        return task

    return _each_task(call, check)


def _to_the_root(call: Call) -> Optional[Call]:
    def change(task: dict[str, Any]) -> dict[str, Any]:
        named = _SHARE.search(str(task.get("source", "")))
        target = str(task.get("destination") or call.workspace.code)
        return {**task, "destination": f"share={named[1]}/"} if named is not None and "share=" not in target else task

    return _each_task(call, change)


def _no_integration(call: Call) -> None:
    if "integration" in (call.options.get("settings") or {}):
        raise Refusal("Unknown setting: integration")


def _no_priority(call: Call) -> None:
    rows = call.data if isinstance(call.data, list) else [call.options]
    if any("priority" in row for row in rows):
        raise Refusal("The priority of a task cannot be changed.")


# The integration.


def _answers(name: str, change: Callable[[Call, Any], Any]) -> Twist:
    def after(call: Call, answer: Any) -> Any:
        asked = call.options.get("integration") and call.options.get("name") == name and answer is not None
        return change(call, answer) if asked else answer

    return Twist(("setting",), after=after)


_CREATIONS = ("transfer/create", "task/create")
_JOBS, _TASKS = ("transfer/find",), ("task/find",)

SWITCHES: Mapping[str, Switch] = {
    "job-by-name": Switch("No job is found by its name.", (Twist(_JOBS, before=_no_name),)),
    "job-by-id": Switch("No job is found by its id.", (Twist(_JOBS, after=_no_id),)),
    "ids-in-query": Switch("A query with several ids is refused.", (Twist(_JOBS, before=_no_in),)),
    "ids-in-query:empty": Switch("A query with several ids finds nothing.", (Twist(_JOBS, after=_empty_in),)),
    "job-metadata": Switch("Jobs keep no metadata.", (Twist(("transfer/create",), before=_without_metadata),)),
    "task-metadata": Switch("Tasks keep no metadata.", (Twist(_CREATIONS, before=_tasks_without_metadata),)),
    "task-paths": Switch("Tasks tell no paths.", (Twist(_TASKS, after=_each(_pathless)),)),
    "task-times": Switch(
        "Tasks do not tell when they have ended.", (Twist(_TASKS, after=_each(lambda row: {**row, "finished": None})),)
    ),
    "existing-task": Switch("Adding a task that exists is refused.", (Twist(("task/create",), before=_no_existing),)),
    "existing-task:ignored": Switch(
        "Adding a task that exists does nothing.", (Twist(("task/create",), before=_passes_existing_over),)
    ),
    "finished-job": Switch(
        "Adding tasks to a finished job is refused.", (Twist(("task/create",), before=_finished_is_closed),)
    ),
    "finished-job:sleeps": Switch(
        "Adding tasks to a finished job does not make it run.",
        (Twist(("task/create",), _sleeping.before, _sleeping.after),),
    ),
    "folder-source": Switch("A folder lands in a folder of its own name.", (Twist(_CREATIONS, before=_into),)),
    "frame-ranges": Switch("Frame ranges are refused.", (Twist(_CREATIONS, before=_no_ranges),)),
    "frame-ranges:literal": Switch("Frame ranges are taken for names of files.", sets={"workspace.sequences": False}),
    "awkward-ranges": Switch(
        "Blanks and brackets in names of sequences are understood.", sets={"workspace.awkward_sequences": True}
    ),
    "ranges-with-holes": Switch("Frames that are missing are passed over.", sets={"workspace.holes": True}),
    "mirrored-paths": Switch("A destination without a path is refused.", (Twist(_CREATIONS, before=_no_mirroring),)),
    "mirrored-paths:root": Switch(
        "A destination without a path is the root of the volume.", (Twist(_CREATIONS, before=_to_the_root),)
    ),
    "integration-setting": Switch(
        "The setting integration is refused.", (Twist(("transfer/create",), before=_no_integration),)
    ),
    "upload-location": Switch(
        "upload_location is a bare id.", (_answers("upload_location", lambda call, answer: answer["id"]),)
    ),
    "upload-ident": Switch(
        "upload_ident has a colon at its end.", (_answers("upload_ident", lambda call, answer: f"{answer}:"),)
    ),
    "upload-ident:site": Switch(
        "upload_ident is the bare code of a site.", (_answers("upload_ident", lambda call, answer: "london"),)
    ),
    "volumes-hidden": Switch("Employees may list volumes.", sets={"workspace.employee_volumes": "granted"}),
    "volumes-hidden:empty": Switch("Employees find no volume.", sets={"workspace.employee_volumes": "empty"}),
    "sizes-told": Switch("Sizes of files are not told.", (Twist(("workspace/file",), after=_sizeless),)),
    "priority-running": Switch("Priorities of tasks cannot be changed.", (Twist(("task/edit",), before=_no_priority),)),
    "created-job": Switch(
        "A creation is answered by true.", (Twist(("transfer/create",), after=lambda call, rows: True),)
    ),
    "long-queries": Switch("Addresses of more than 1,500 characters are refused.", sets={"max_url_bytes": 1500}),
    "users-with-at": Switch(
        "Users are called without their domain.",
        (Twist(("user/find",), after=_each(lambda row: {**row, "code": row["code"].partition("@")[0]})),),
    ),
    "clock-told": Switch("accsyn's clock is an hour ahead.", sets={"clock_ahead_s": 3600.0}),
    "refusal-worded": Switch("Refusals are plain text.", sets={"plain_refusals": True}),
    "too-many": Switch("Too many calls are answered by a bare 503, as the next ten are.", sets={"busy_next": 10}),
}
_USUAL: Mapping[str, Any] = {
    "workspace.sequences": True,
    "workspace.awkward_sequences": False,
    "workspace.holes": False,
    "workspace.employee_volumes": "refused",
    "max_url_bytes": 4096,
    "clock_ahead_s": 0.0,
    "plain_refusals": False,
    "busy_next": 0,
}
