"""Deliveries: hand files to recipients, who fetch them when they like (accsyn workflow facts, section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Optional

from ftrack_accsyn_sandbox.accsyn import access, jobs, people, views
from ftrack_accsyn_sandbox.accsyn.call import Call, check_keys, check_metadata
from ftrack_accsyn_sandbox.accsyn.entities import (
    CLIENT_BROWSER,
    Delivery,
    Endpoint,
    Job,
    Mail,
    Party,
    Share,
    Task,
    User,
)
from ftrack_accsyn_sandbox.accsyn.errors import Denied, Refusal
from ftrack_accsyn_sandbox.accsyn.parties import Reader, is_local
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

CREATE_KEYS = ("name", "code", "tasks", "recipients", "status", "metadata")
EDIT_KEYS = ("name", "status", "metadata")
# Where the files of a draft are kept on the default volume; the real place is not known.
_DRAFTS = ".accsyn_deliveries"


def create(call: Call) -> list[dict[str, Any]]:
    """Create a delivery: submitted at once, or a draft where tasks are missing or the status is "init"."""
    data = call.options
    check_keys(data, CREATE_KEYS, "delivery")
    if call.user.role == "standard":
        raise Denied("You are not allowed to create a delivery.")
    if data.get("status", "pending") not in ("init", "pending"):
        raise Refusal(f"A delivery cannot be created with status {data['status']}.")
    rows = data.get("tasks", [])
    if not isinstance(rows, list):
        raise Refusal("The tasks of a delivery must be a list.")
    name = call.text("name", data.get("code"))
    delivery = Delivery(str(data.get("code") or name), name, user_id=call.user.id, creator=call.user.code)
    delivery.metadata = check_metadata(data.get("metadata", {}))
    delivery.tasks = [_read(call, row, number) for number, row in enumerate(rows)]
    delivery.volume_id = _volume_id(call, delivery)
    access.check_delivery(call.workspace, call.user, delivery)
    recipients = data.get("recipients", [])
    if not isinstance(recipients, list):
        raise Refusal("The recipients of a delivery must be a list.")
    for recipient in recipients:
        _check_recipient(call, recipient, invite=True)
    for recipient in recipients:
        _add_recipient(call, delivery, recipient, invite=True)
    if rows and data.get("status") != "init":
        _submit(call.workspace, delivery)
    call.workspace.add(delivery)
    return [views.show(call.workspace, delivery)]


def edit(call: Call) -> list[dict[str, Any]]:
    """Change name or metadata of a delivery; submit it with "pending", end it with "aborted" or "done"."""
    delivery = _existing(call)
    data = call.options
    check_keys(data, EDIT_KEYS, "delivery")
    metadata = check_metadata(data.get("metadata", delivery.metadata))
    status = data.get("status", delivery.status)
    if status != delivery.status:
        _set_status(call.workspace, delivery, status)
    delivery.name, delivery.metadata = str(data.get("name", delivery.name)), metadata
    call.workspace.changed.notify_all()
    return [views.show(call.workspace, delivery)]


def recipients(call: Call) -> list[dict[str, Any]]:
    """Answer `job/recipients`: who gets a delivery, and who has begun to fetch it.

    Of which type `actioned` is is not known; here it is true or false.
    """
    workspace = call.workspace
    return [
        {"user": user_id, "user_hr": workspace.entities[user_id].code, "actioned": actioned}
        for user_id, actioned in _existing(call).recipients.items()
    ]


def add_recipient(call: Call) -> bool:
    """Answer `job/recipient/add`, before and after the delivery was submitted."""
    _add_recipient(call, _existing(call), call.text("recipient"), invite=call.options.get("invite", True))
    call.workspace.changed.notify_all()
    return True


def remove_recipient(call: Call) -> bool:
    """Answer `job/recipient` with DELETE; False when the user was none."""
    user = call.workspace.get(User, call.text("recipient"))
    removed = _existing(call).recipients.pop(user.id, None) if user is not None else None
    return removed is not None


def transfer(call: Call) -> Optional[list[dict[str, Any]]]:
    """Create the transfer that puts a local file of the user into a draft, or brings what was delivered to the user.

    None for another call. Raises Refusal for a draft that has been submitted, for a delivery that is not open or not
    for the user, and when the user has no client.
    """
    parent = call.workspace.entities.get(str(call.options.get("parent") or ""))
    if not isinstance(parent, Delivery):
        return None
    job = _download(call, parent) if "destination" in call.options else _upload(call, parent)
    job.code = job.name = str(call.options.get("name") or call.options.get("code") or parent.name)
    return [views.show(call.workspace, job)]


def _upload(call: Call, delivery: Delivery) -> Job:
    access.check_delivery(call.workspace, call.user, delivery)
    check_keys(call.options, ("parent", "source", "name", "code"), "transfer")
    if delivery.status != "init":
        raise Refusal("Files cannot be added to a delivery after it was submitted.")
    source, text = _on_own_machine(call, "source"), call.text("source")
    there = call.workspace.resolved(Party("workspace", call.workspace.id))
    target = Endpoint(there, delivery.volume_id, f"{_DRAFTS}/{delivery.id}/{source.name}")
    delivery.tasks.append(_task(len(delivery.tasks), text, target))
    return _job(call.workspace, delivery, call.user, [Task("0", text, "", source, target)])


def _download(call: Call, delivery: Delivery) -> Job:
    check_keys(call.options, ("parent", "destination", "name", "code"), "transfer")
    if delivery.status != "waiting" or call.user.id not in delivery.recipients:
        raise Denied(f"The delivery {delivery.id} is not open, or not for you.")
    folder = _on_own_machine(call, "destination")
    return _fetched(call.workspace, delivery, call.user, folder.party, folder.absolute or Path())


def _on_own_machine(call: Call, name: str) -> Endpoint:
    """Return the place on a machine of the user that the data name, by an absolute path. Raises Refusal."""
    here, text = call.workspace.resolved(Party("user", call.user.id)), call.text(name)
    if here.machine_id is None:
        raise Refusal("You have no client to transfer files with.")
    if is_local(text):
        return Endpoint(here, absolute=Path(text))
    endpoint = Reader(call.workspace, call.user).place(text, write=False)
    if endpoint.absolute is None:
        raise Refusal(f"{name.capitalize()} must be an absolute path on your client: {text}")
    return endpoint


def open_pending(workspace: Workspace) -> None:
    """Measure the deliveries that were submitted and open them to their recipients; the caller holds the lock.

    One whose files are not all there stays pending: what accsyn makes of it is not known.
    """
    for delivery in workspace.each(Delivery):
        if delivery.status == "pending" and _measure(workspace, delivery):
            delivery.status = "waiting"
            workspace.changed.notify_all()


def fetch(
    workspace: Workspace, delivery_id: str, email: str, folder: Path, parts: Optional[Sequence[str]] = None
) -> str:
    """Let a recipient fetch an open delivery into *folder*, as in accsyn's app, and return the id of the transfer.

    *parts* names what of it, like "pack" or "pack/a.mov"; None: all. It goes to the user's machine, or, for one who has
    none, through a browser. What lies above each delivered file or folder is lost. Raises ValueError unless the user is
    a recipient and the delivery open, KeyError for a part that was not delivered.
    """
    with workspace.changed:
        delivery, user = workspace.entities[delivery_id], workspace.user(email)
        if not isinstance(delivery, Delivery) or delivery.status != "waiting" or user.id not in delivery.recipients:
            raise ValueError(f"{email} cannot fetch {delivery_id}: it is not open, or not for this user.")
        there = workspace.resolved(Party("user", user.id))
        if there.machine_id is None:
            workspace.add_client("browser", user, type=CLIENT_BROWSER)
            there = workspace.resolved(there)
        return _fetched(workspace, delivery, user, there, folder, parts).id


def _fetched(
    workspace: Workspace,
    delivery: Delivery,
    user: User,
    there: Party,
    folder: Path,
    parts: Optional[Sequence[str]] = None,
) -> Job:
    named = {_name(workspace, task.source): task.source for task in delivery.tasks}
    tasks = [_part(named, part, there, folder, number) for number, part in enumerate(parts or named)]
    delivery.recipients[user.id] = True
    return _job(workspace, delivery, user, tasks)


def _part(named: dict[str, Endpoint], part: str, there: Party, folder: Path, number: int) -> Task:
    head, _, below = part.partition("/")
    source = named[head]
    if below:
        source = replace(source, path=f"{source.path}/{below}".lstrip("/"))
    target = folder / PurePosixPath(part).name
    return Task(str(number), part, str(target), source, Endpoint(there, absolute=target))


def _job(workspace: Workspace, delivery: Delivery, user: User, tasks: list[Task]) -> Job:
    job = Job(
        delivery.name,
        delivery.name,
        user_id=user.id,
        modifier_id=user.id,
        queue_id=workspace.default_queue.id,
        parent_id=delivery.id,
        uri=str(sum(1 for _ in workspace.each(Job))),
        source=tasks[0].source.party,
        destination=tasks[0].destination.party,
        tasks=tasks,
    )
    jobs.settle(job)
    return workspace.add(job)


def _existing(call: Call) -> Delivery:
    """Return the delivery that the call means, which the user may change. Raises Refusal."""
    delivery = call.workspace.entities.get(call.entity_id)
    if not isinstance(delivery, Delivery) or not access.visible(call.workspace, call.user, delivery):
        raise Refusal(f"No delivery found with id {call.id}.")
    access.check_delivery(call.workspace, call.user, delivery)
    return delivery


def _read(call: Call, row: Any, number: int) -> Task:
    text = row.get("source") if isinstance(row, dict) else row
    if not isinstance(text, str) or not text:
        raise Refusal("A task must have a source.")
    source = Reader(call.workspace, call.user).source(text)
    if source.party.kind != "workspace":
        raise Refusal(f"Only files of the workspace can be delivered: {text}")
    return _task(number, text, source)


def _task(number: int, text: str, source: Endpoint) -> Task:
    """Return what a delivery holds: a place at the workspace that goes nowhere until a recipient chooses a folder."""
    return Task(str(number), text, "", source, Endpoint(source.party, null=True), status="pending")


def _volume_id(call: Call, delivery: Delivery) -> str:
    shares = [call.workspace.entities.get(task.source.share_id or "") for task in delivery.tasks]
    volumes = [share.volume_id for share in shares if isinstance(share, Share)]
    default = call.workspace.default_volume
    return volumes[0] if volumes else default.id if default is not None else ""


def _check_recipient(call: Call, ident: Any, *, invite: bool) -> Optional[User]:
    """Return the user, None for one to be invited. Raises Refusal for nobody who can be."""
    user = people.known(call.workspace, ident) if isinstance(ident, str) else None
    if user is None and (not invite or not isinstance(ident, str) or "@" not in ident):
        raise Refusal(f"Unknown user: {ident}")
    return user


def _add_recipient(call: Call, delivery: Delivery, ident: Any, *, invite: bool) -> None:
    user = _check_recipient(call, ident, invite=invite) or people.invited(call.workspace, ident)
    delivery.recipients.setdefault(user.id, False)


def _submit(workspace: Workspace, delivery: Delivery) -> None:
    if not delivery.tasks or not delivery.recipients:
        raise Refusal("A delivery needs at least one file and one recipient.")
    delivery.status = "pending"
    for user_id in delivery.recipients:
        workspace.reached(user_id)
        workspace.mails.append(Mail(workspace.entities[user_id].code, "delivery", "", delivery.name))


def _set_status(workspace: Workspace, delivery: Delivery, status: Any) -> None:
    if status not in ("pending", "aborted", "done") or delivery.status in jobs.FINISHED:
        raise Refusal(f"Status of a delivery that is {delivery.status} cannot be set to {status}.")
    if status == "pending":
        if delivery.status != "init":
            raise Refusal("The delivery has been submitted already.")
        _submit(workspace, delivery)
        return
    delivery.status = status
    if status == "aborted":
        for job in _live_jobs(workspace, delivery):
            jobs.set_status(job, "aborted")


def _live_jobs(workspace: Workspace, delivery: Delivery) -> Iterable[Job]:
    return [job for job in workspace.each(Job) if job.parent_id == delivery.id and job.status not in jobs.FINISHED]


def _measure(workspace: Workspace, delivery: Delivery) -> bool:
    """Find the sizes of what is delivered; return whether all of it is there."""
    paths = [workspace.path(task.source) for task in delivery.tasks]
    if _live_jobs(workspace, delivery) or not all(path is not None and path.exists() for path in paths):
        return False
    for task, path in zip(delivery.tasks, paths):
        files = [path, *path.rglob("*")] if path is not None else []
        task.size = sum(file.stat().st_size for file in files if file.is_file())
    return True


def _name(workspace: Workspace, source: Endpoint) -> str:
    return source.name or workspace.entities[source.share_id or ""].code
