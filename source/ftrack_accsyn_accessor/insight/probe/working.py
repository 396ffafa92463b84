"""The looks that take a job: it is created, runs, ends, and is added to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Optional

from ftrack_accsyn_accessor.insight.probe.bench import APART_S, SOON_S, Bench
from ftrack_accsyn_accessor.insight.probe.finding import Finding, Outcome, holds, judged, otherwise, said, unseen
from ftrack_accsyn_accessor.insight.probe.trial import at_root
from ftrack_accsyn_accessor.model import assumptions as names
from ftrack_accsyn_accessor.model import errors, proof
from ftrack_accsyn_accessor.model.accsyn import FolderEntry
from ftrack_accsyn_accessor.model.tasks import leads_elsewhere
from ftrack_accsyn_accessor.workspace.probing import NAMELESS, NOBODY

#: In the metadata of the probe's job.
KEY = "ftrack_accsyn_probe"
#: What the first file has in the end.
_NEWER_BYTES = 99
_GOING_ON = ("running", "waiting")
#: What cannot be seen without a job.
WORKED = (
    *(names.INTEGRATION_SETTING, names.CREATED_JOB, names.MIRRORED_PATHS, names.PRIORITY_RUNNING, names.JOB_BY_NAME),
    *(names.JOB_BY_ID, names.IDS_IN_QUERY, names.JOB_METADATA, names.FOLDER_SOURCE, names.FRAME_RANGES),
    *(names.TASK_METADATA, names.TASK_PATHS, names.FINISHED_JOB, names.EXISTING_TASK, names.TASK_TIMES),
    *(names.SIZES_TOLD, names.AWKWARD_RANGES, names.RANGES_WITH_HOLES),
)


def work(bench: Bench) -> Iterator[Finding]:
    """Yield what can be seen of a job and its tasks; the trial's files are there."""
    yield from bench.look([names.INTEGRATION_SETTING, names.CREATED_JOB], lambda: _create(bench))
    yield from bench.look([names.PRIORITY_RUNNING], lambda: [_priority(bench)])
    yield from bench.look([names.MIRRORED_PATHS], lambda: [_mirrored(bench)])
    yield from bench.look([names.JOB_BY_NAME], lambda: [_by_name(bench)])
    yield from bench.look([names.JOB_BY_ID], lambda: [_by_id(bench)])
    yield from bench.look([names.IDS_IN_QUERY], lambda: [_by_ids(bench)])
    yield from bench.look([names.JOB_METADATA], lambda: [_job_metadata(bench)])
    yield from bench.look([names.TASK_METADATA, names.TASK_PATHS], lambda: _tasks(bench))
    yield from bench.look([names.FINISHED_JOB], lambda: [_finished(bench)])
    again = [names.EXISTING_TASK, names.TASK_TIMES, names.SIZES_TOLD]
    yield from bench.look(again, lambda: _again(bench))
    parts = _Parts(bench)
    yield from bench.look([names.FOLDER_SOURCE, names.FRAME_RANGES], lambda: parts.together())
    awkward = [names.AWKWARD_RANGES, names.RANGES_WITH_HOLES]
    yield from bench.look(awkward, lambda: parts.awkward())


def _create(bench: Bench) -> list[Finding]:
    """Create the job with one file, leaving out what may be refused until it is not."""
    refused: list[errors.Refused] = []
    for bench.mirrored, setting in ((True, True), (True, False), (False, True), (False, False)):
        try:
            created = _created(bench, setting)
        except errors.Refused as error:
            refused.append(error)
            continue
        whys = [f"It was refused: {said(each)}." for each in refused] or [""]
        bench.unmirrored = "" if bench.mirrored else whys[0]
        return [created, judged(names.INTEGRATION_SETTING, setting, "The job was created with it.", whys[-1])]
    raise refused[0]


def _created(bench: Bench, setting: bool) -> Finding:
    bench.payload = bench.task(bench.trial.path("plain.txt"))
    payload = {
        "code": bench.trial.left.job,
        "mirror_paths": bench.mirrored,
        "metadata": {KEY: bench.trial.name},
        "tasks": [bench.payload],
        **({"settings": {"integration": "ftrack"}} if setting else {}),
    }
    try:
        bench.job = bench.create(payload)
        found = holds(names.CREATED_JOB, "It names the id.")
    except errors.Uncertain as error:
        bench.job = next(iter(bench.jobs()), None)
        if bench.job is None:
            raise
        bench.trial.doubtful = False
        found = otherwise(names.CREATED_JOB, f"The job is there, and {said(error)}.")
        if error.outcome != NAMELESS:
            found = unseen(names.CREATED_JOB, f"Could not be seen: {said(error)}.")
    bench.first = next((task.id for task in bench.tasks()), "")
    return found


def _mirrored(bench: Bench) -> Finding:
    """Return whether the file has landed under its own path, by what lies there, else by what accsyn says."""
    name, path = names.MIRRORED_PATHS, bench.trial.path("plain.txt")
    if not bench.settled():
        return unseen(name, "Could not be seen: the file was not carried in time.")
    if bench.unmirrored:
        return otherwise(name, bench.unmirrored)
    tasks = bench.tasks()
    try:
        there: Mapping[str, FolderEntry] = bench.listed()
    except errors.Refused as error:
        there, why = {}, error.outcome
    else:
        why = "it is not among the files there"
    if bench.trial.part("plain.txt") in there:
        return holds(name, "The file lies under its own path.")
    strays = [str(task.destination.get("path")) for task in tasks if leads_elsewhere(task)]
    strays = strays or at_root(bench.workspace, bench.trial.left)
    bench.mirrored = not strays
    if strays:
        return otherwise(name, f"accsyn took {strays[0]} for {path}.")
    if all(task.status == "done" for task in tasks):
        return unseen(name, f"Could not be seen: accsyn calls the file done, and {why}.")
    return unseen(name, f"Could not be seen: the file was not carried, its task is {tasks[0].status}.")


def _priority(bench: Bench) -> Finding:
    """Change the priority of a task of the job, which runs, or has just run."""
    task = bench.begun()
    try:
        bench.workspace.prioritise_tasks(bench.job_id, {task.id: 600})
    except errors.Refused as error:
        bench.current()
        return otherwise(names.PRIORITY_RUNNING, f"It was refused: {said(error)}.")
    after = bench.begun().priority
    told = f"It was {after} afterwards; the job was {bench.status()}."
    return judged(names.PRIORITY_RUNNING, after == 600, told, told)


def _by_name(bench: Bench) -> Finding:
    name = bench.trial.left.job
    found = [*bench.workspace.asked_by_name(name), *bench.workspace.asked_by_name(name, finished=True)]
    is_there = any(job.id == bench.job_id for job in found)
    return _found(bench, names.JOB_BY_NAME, is_there)


def _by_id(bench: Bench) -> Finding:
    is_there = bool(bench.workspace.asked_by_id(bench.job_id))
    return _found(bench, names.JOB_BY_ID, is_there)


def _by_ids(bench: Bench) -> Finding:
    ids = [bench.job_id, NOBODY]
    try:
        found = [*bench.workspace.asked_by_ids(ids), *bench.workspace.asked_by_ids(ids, finished=True)]
    except errors.Refused as error:
        bench.current()
        return otherwise(names.IDS_IN_QUERY, f"It was refused: {said(error)}.")
    is_there = any(job.id == bench.job_id for job in found)
    return _found(bench, names.IDS_IN_QUERY, is_there)


def _found(bench: Bench, name: str, is_there: bool) -> Finding:
    if not is_there:
        bench.current()  # what somebody has removed is found by nothing
    return judged(name, is_there, "It was found.", "It was not found.")


def _job_metadata(bench: Bench) -> Finding:
    kept = bench.current().metadata.get(KEY) == bench.trial.name
    return judged(names.JOB_METADATA, kept, "It was as it was given.", "It was gone.")


def _tasks(bench: Bench) -> list[Finding]:
    tasks = bench.tasks()
    if not tasks:
        raise errors.Unresolved("look at the probe's tasks", bench.job_id, "there are none", "")
    kept = all(task.metadata.get("probe") == "first" for task in tasks)
    told = all(proof.path_of(task) and task.destination.get("path") for task in tasks)
    return [
        judged(names.TASK_METADATA, kept, "It was as it was given.", "It was gone."),
        judged(names.TASK_PATHS, told, "Both were told.", "One was missing."),
    ]


def _finished(bench: Bench) -> Finding:
    """Add a file to the job, which is done."""
    if not bench.wait(lambda: bench.status() == "done", SOON_S):
        return unseen(names.FINISHED_JOB, f"Could not be seen: the job was {bench.status()} and not done.")
    bench.trial.write("second.txt", 13)
    known = {task.id for task in bench.tasks()}
    try:
        bench.workspace.add_tasks(bench.job_id, [bench.task(bench.trial.path("second.txt"))])
    except errors.Refused as error:
        bench.closed = True
        return otherwise(names.FINISHED_JOB, f"It was refused: {said(error)}.")
    added = [task.id for task in bench.tasks() if task.id not in known]
    if bench.wait(lambda: _moves(bench, added), SOON_S):
        return holds(names.FINISHED_JOB, f"The job went on; the file that was added {_became(bench, added)}.")
    bench.sleeps = True
    bench.rouse()
    bench.wait(lambda: _moves(bench, added), SOON_S)
    after = f"the file that was added {_became(bench, added)} once it was set to waiting"
    return otherwise(names.FINISHED_JOB, f"The job did not go on; {after}.")


def _became(bench: Bench, task_ids: Sequence[str]) -> str:
    """Return what has become of these tasks in the end."""
    bench.settled()
    statuses = {task.status for task in bench.with_ids(task_ids)}
    return "was carried" if statuses == {"done"} else f"was not carried, its task is {min(statuses, default='missing')}"


def _moves(bench: Bench, task_ids: Sequence[str]) -> bool:
    """Whether these tasks run or have run, or their job goes on."""
    statuses = {task.status for task in bench.with_ids(task_ids)}
    return (bool(statuses) and not statuses & proof.WAITING) or bench.status() in _GOING_ON


def _again(bench: Bench) -> list[Finding]:
    """Add the first file again, with newer content and other metadata, and look at the times and sizes then."""
    was, count = bench.begun().finished, len(bench.tasks())
    bench.sleep(APART_S)
    bench.trial.write("plain.txt", _NEWER_BYTES)
    existing = _added_again(bench, was, count)
    if existing.outcome is not Outcome.HOLDS:
        bench.workspace.retry_tasks(bench.job_id, [bench.first])
        bench.workspace.set_job_status(bench.job_id, "waiting")
        bench.wait(lambda: _ran(bench, was), SOON_S)
        bench.settled()
    return [existing, _timed(bench, was), _sized(bench)]


def _timed(bench: Bench, was: str) -> Finding:
    name, in_vain = names.TASK_TIMES, bench.in_vain()
    if in_vain:
        return unseen(name, in_vain)
    if not was:
        return otherwise(name, "No time was told.")
    is_another = bench.begun().finished not in ("", was)
    return judged(name, is_another, "Another time was told after another run.", "It was the same after another run.")


def _added_again(bench: Bench, was: str, count: int) -> Finding:
    """Add the first file again, which ended at *was*; the job had *count* tasks."""
    name = names.EXISTING_TASK
    try:
        bench.workspace.add_tasks(bench.job_id, [{**bench.payload, "metadata": {"probe": "second"}}])
    except errors.Refused as error:
        if bench.closed:
            return unseen(name, "Could not be seen: the job, being done, takes nothing.")
        bench.current()
        return otherwise(name, f"It was refused: {said(error)}.")
    bench.rouse()
    if len(bench.tasks()) > count:
        bench.settled()
        return otherwise(name, "A second task was made of it.")
    if not bench.wait(lambda: bench.begun().status != "done" or _ran(bench, was) or _is_newer(bench), SOON_S):
        if not was and not any((_sizes(bench) or {}).values()):
            return unseen(name, "Could not be seen: accsyn tells neither times nor sizes.")
        return otherwise(name, "Nothing became of it.")
    bench.settled()
    kept = bench.begun().metadata.get("probe") != "second"
    return holds(name, f"It ran again; its metadata was {'the old' if kept else 'the new'} one.")


def _ran(bench: Bench, was: str) -> bool:
    task = bench.begun()
    return task.status == "done" and task.finished not in ("", was)


def _is_newer(bench: Bench) -> bool:
    return (_sizes(bench) or {}).get(bench.trial.part("plain.txt")) == _NEWER_BYTES


def _sizes(bench: Bench) -> Optional[dict[str, Optional[int]]]:
    try:
        return {entry.path: entry.size_bytes for entry in bench.listed().values()}
    except errors.Refused:
        return None


def _sized(bench: Bench) -> Finding:
    in_vain = bench.in_vain()
    if in_vain:
        return unseen(names.SIZES_TOLD, in_vain)
    sizes = _sizes(bench)
    if sizes is None:
        return _unlisted(bench)
    told = sum(bool(size) for size in sizes.values())
    return judged(names.SIZES_TOLD, told > 0, f"Those of {told} files were told.", "None was told.")


def _unlisted(bench: Bench) -> Finding:
    """Return what the refusal to list the probe's folder says: nothing, where accsyn has put the files elsewhere."""
    bench.current()
    try:
        bench.workspace.folder(bench.trial.left.place.partition("/")[0])
    except errors.Refused:
        return otherwise(names.SIZES_TOLD, "Listing the folder was refused.")
    return unseen(names.SIZES_TOLD, "Could not be seen: the probe's folder is not there.")


class _Parts:
    """The tasks that carry several files each."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._refused: dict[str, str] = {}
        self._ids: dict[str, list[str]] = {}

    def together(self) -> list[Finding]:
        """Return whether a folder and a frame range are read as meant."""
        self._add("folder")
        self._add("f.%04d.txt[0001-0003]")
        self._bench.settled()
        inner = self._bench.trial.part("folder/inner.txt")
        frames = [self._bench.trial.part(f"f.{frame:04d}.txt") for frame in (1, 2, 3)]
        return [
            self._found(names.FOLDER_SOURCE, "folder", [inner], "Its file lies where it should."),
            self._found(names.FRAME_RANGES, "f.%04d.txt[0001-0003]", frames, "All three frames arrived."),
        ]

    def awkward(self) -> list[Finding]:
        """Return whether what the plugin does not rely on would be read as meant; not doing so is as assumed."""
        blanks, brackets, holes = "b b.%04d.txt[0001-0003]", "k[k.%04d.txt[0001-0003]", "h.%04d.txt[0001-0003]"
        for each in (blanks, brackets, holes):
            self._add(each)
        why = self._bench.in_vain()
        if not self._bench.settled():
            why = why or "Could not be seen: they were not carried in time."
        elif not why and not self._bench.carries():
            why = self._bench.in_vain()
        if why:
            return [unseen(names.AWKWARD_RANGES, why), unseen(names.RANGES_WITH_HOLES, why)]
        there = self._listed() or {}
        fine = [
            mark
            for mark, letters in (("blanks", "b b"), ("brackets", "k[k"))
            if all(self._bench.trial.part(f"{letters}.{frame:04d}.txt") in there for frame in (1, 2, 3))
        ]
        both = [self._bench.trial.part(f"h.{frame:04d}.txt") in there for frame in (1, 3)]
        failed = self._refused[holes] or self._status(holes) != "done"
        seen = f"With {' and '.join(fine)} all frames arrived."
        return [
            judged(names.AWKWARD_RANGES, not fine, "Neither was understood.", seen),
            judged(
                names.RANGES_WITH_HOLES,
                bool(failed),
                "It failed.",
                f"It is called done, and {sum(both)} of 2 frames arrived.",
            ),
        ]

    def _add(self, name: str) -> None:
        self._ids[name], self._refused[name] = self._bench.add(self._bench.trial.path(name))

    def _status(self, name: str) -> str:
        return next((task.status for task in self._bench.with_ids(self._ids.get(name, []))), "missing")

    def _listed(self) -> Optional[dict[str, FolderEntry]]:
        try:
            return self._bench.listed()
        except errors.Refused:
            return None

    def _found(self, assumption: str, name: str, wanted: list[str], text: str) -> Finding:
        if self._refused[name]:
            self._bench.current()
            return otherwise(assumption, f"It was refused: {self._refused[name]}.")
        there = self._listed()
        if there is None:
            return unseen(assumption, "Could not be seen: listing the folder was refused.")
        if all(each in there for each in wanted):
            return holds(assumption, text)
        base = posixpath.basename(wanted[0])
        stray = next((path for path in there if path.endswith(f"/{base}") and path not in wanted), "")
        if stray:
            return otherwise(assumption, f"It landed in {stray}.")
        found, status = sum(each in there for each in wanted), self._status(name)
        told = f"{found} of {len(wanted)} files arrived, and its task is {status}."
        in_vain = self._bench.in_vain()
        if in_vain or status in proof.WAITING | proof.AT_WORK:
            return unseen(assumption, in_vain or f"Could not be seen: {told}")
        if not self._bench.carries():
            return unseen(assumption, self._bench.in_vain())
        return otherwise(assumption, told)
