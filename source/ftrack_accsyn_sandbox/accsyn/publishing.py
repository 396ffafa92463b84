"""accsyn Publish: what may be published is asked first, then uploaded and told (accsyn workflow facts, section 5)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from ftrack_accsyn_sandbox.accsyn import jobs
from ftrack_accsyn_sandbox.accsyn.call import Call, Later, check_keys, check_metadata, check_texts
from ftrack_accsyn_sandbox.accsyn.entities import Client, Job, Party, Share, Task
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.hooks import PRE_PUBLISH, PUBLISH, plain_name
from ftrack_accsyn_sandbox.accsyn.parties import Reader, is_local
from ftrack_accsyn_sandbox.accsyn.submitting import submitted
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

_JOB_KEYS = ("code", "name", "tasks", "hooks", "metadata", "settings")
# What the documents name of an entry that a publish hook reads; others are there as well, unless told otherwise.
_NAMED = ("time_report", "comment", "status", "path", "filename", "can_publish", "ident", "is_dir", "v", "v_hr")


def preprocess(call: Call) -> Later:
    """Answer `workspace/publish/preprocess`: ask the hook what may be published, and remember where it may go."""
    if PRE_PUBLISH not in call.workspace.hooks.commands:
        raise Refusal("accsyn Publish is not enabled in this workspace.")
    entries = call.options.get("files")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise Refusal("The files of a publish must be a list of objects.")
    client = _own_client(call)
    payload = {
        "user": call.user.id,
        "user_hr": call.user.code,
        "client": client.id,
        "hostname": client.code,
        "ip": client.wan_ip,
        "metadata": call.user.metadata,
        "size": call.options.get("size"),
        "files": [{"id": str(uuid.uuid4()), **entry} for entry in entries],
    }

    def ask() -> Any:
        (ended,) = call.workspace.hooks.run(PRE_PUBLISH, payload)
        answer = ended.answer
        if ended.trouble or not isinstance(answer, dict) or not isinstance(answer.get("files"), list):
            raise Refusal(ended.trouble or f"The hook {PRE_PUBLISH} gave no answer that can be read (E#J006)")
        with call.workspace.changed:
            for entry in answer["files"]:
                call.workspace.offered[call.user.id, str(entry.get("id"))] = entry
        return answer

    return Later(ask)


def submit(call: Call) -> Any:
    """Create the job that uploads what may be published, from the disk of the user's machine, without any grant."""
    data = call.options
    check_keys(data, _JOB_KEYS, "transfer")
    files = _files(data.get("hooks"))
    rows = data.get("tasks")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refusal("No tasks supplied.")
    here = call.workspace.resolved(Party("user", call.user.id))
    _own_client(call)
    tasks = [_task(call, number, row, files, here) for number, row in enumerate(rows)]
    name = call.text("name", data.get("code"))
    job = Job(
        name,
        name,
        user_id=call.user.id,
        modifier_id=call.user.id,
        queue_id=call.workspace.default_queue.id,
        uri=str(sum(1 for _ in call.workspace.each(Job))),
        source=tasks[0].source.party,
        destination=tasks[0].destination.party,
        metadata=check_metadata(data.get("metadata", {})),
        settings=check_texts(data.get("settings", {})),
        published=[_told(call, entry) for entry in files],
    )
    jobs.add_tasks(job, tasks, allow_duplicates=True, replace_duplicates=False)
    return submitted(call, job)


def _files(hooks: Any) -> list[dict[str, Any]]:
    """Return the files that come with the hook of a publish, as the client sends them. Raises Refusal."""
    hook = hooks[0] if isinstance(hooks, list) and len(hooks) == 1 else None
    data = hook.get("data") if isinstance(hook, dict) and plain_name(str(hook.get("when"))) == PUBLISH else None
    files = data.get("files") if isinstance(data, dict) else None
    if not isinstance(files, list) or not all(isinstance(entry, dict) for entry in files):
        raise Refusal("The hooks of a job must be one for a publish, with its files.")
    return files


def _task(call: Call, number: int, row: dict[str, Any], files: list[dict[str, Any]], here: Party) -> Task:
    """Return the task for an entry. Raises Refusal unless the hook before let this very user upload it."""
    check_keys(row, ("id", "source", "metadata"), "task")
    text, ident = row.get("source"), str(row.get("id"))
    if not isinstance(text, str) or not is_local(text):
        raise Refusal(f"Source must be an absolute path on your client: {text}")
    given = next((entry for entry in files if str(entry.get("id")) == ident), None)
    offered = call.workspace.offered.get((call.user.id, ident))
    entry = given if call.workspace.publish_trusts_client else offered
    if given is None or entry is None or not (entry.get("can_publish") is True or entry.get("can_upload") is True):
        raise Refusal(f"The file is not one that may be published: {text}")
    path = entry.get("path")
    if not isinstance(path, str) or not path:
        raise Refusal(f"There is no path to upload to for {text}")
    reader = Reader(call.workspace, call.user, unchecked=True)
    source = reader.source(text)
    target = reader.destination(path if not is_local(path) else f"{call.workspace.code}:{path}", source)
    if target.party.kind != "workspace":
        raise Refusal(f"A publish goes to the workspace: {path}")
    metadata = check_metadata(row.get("metadata", {}))
    return Task(str(number), text, path, replace(source, party=here), target, metadata=metadata)


def _told(call: Call, entry: dict[str, Any]) -> dict[str, Any]:
    """Return what the hook is told of a file: all that the client sent, and the volume of its path."""
    volume = _volume(call.workspace, str(entry.get("path") or ""))
    told = {**entry, **({"v": volume.id, "v_hr": volume.code} if volume is not None else {})}
    whole = call.workspace.hooks.whole_entries
    return {key: value for key, value in told.items() if whole or key in _NAMED}


def _volume(workspace: Workspace, path: str) -> Any:
    kind, _, rest = path.partition("=")
    share = workspace.get(Share, rest.partition("/")[0]) if kind in ("volume", "share", "folder") else None
    return workspace.entities.get(share.volume_id) if share is not None else workspace.default_volume


def _own_client(call: Call) -> Client:
    client = call.workspace.entities.get(call.workspace.resolved(Party("user", call.user.id)).machine_id or "")
    if not isinstance(client, Client):
        raise Refusal("You have no client to publish from.")
    return client
