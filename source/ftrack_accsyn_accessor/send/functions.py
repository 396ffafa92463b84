"""Send, Get and Sync for a studio's own tools: one function each, which does what the command of its name does.

Not for a host's thread: each asks ftrack and accsyn, as the user and with the key in the environment. What was asked
for is on disk when a function returns; from there on it is carried by a background thread of this process, and after
its end by the next process of this account that has the plugin.

A *selection* is what is meant, or several of it: ids, paths such as "project/sq010/sh010" and
"project/sq010/sh010/plate v003", entities of ftrack_api, or `Picked`. Locations are names or ids of ftrack locations,
or parties of accsyn ("hq", "site=london", an e-mail address).

With *dry_run* nothing is asked for, only planned. With *wait* a function returns when all that was asked for has ended,
or after *timeout_s* seconds; what became of it tells `Asked.wait`, which may be called at any time.

Each may raise `errors.Unresolved` (nothing, or more than one thing, is meant by a word), `errors.NotReady`,
`errors.SettingsError`, and what ftrack, accsyn and the outbox raise: all of them are `errors.AccsynAccessorError`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Optional, Union

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model import errors, settings
from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.send import tools
from ftrack_accsyn_accessor.send.order import Order, Picked
from ftrack_accsyn_accessor.send.tools import Asked
from ftrack_accsyn_accessor.worker.endpoint import connect
from ftrack_accsyn_accessor.worker.runtime import Runtime, open_outside, open_runtime

#: Of a queue that is made, where nobody says otherwise: that of accsyn's default queue.
PRIORITY = 500


class EnsuredQueue(NamedTuple):
    """The queue that jobs of a project go through: its id (empty for accsyn's default), and in words how that is."""

    id: str
    words: str


def send(
    selection: Union[str, Picked, Any, Iterable[Any]],
    source: str,
    destination: str,
    *,
    latest: bool = True,
    components: Sequence[str] = (),
    with_used: bool = False,
    add: Sequence[str] = (),
    queue: str = "",
    priority: Optional[int] = None,
    again: bool = False,
    dry_run: bool = False,
    wait: bool = False,
    timeout_s: Optional[float] = None,
) -> Asked:
    """Send the components of *selection* from one location to another; return the plans, and the ids of the requests.

    *latest*: only the latest version of each asset, of a task the latest that was made on it. *components* are names,
    wildcards allowed; none for all. *with_used* sends what the versions use as well. *add* are paths of files and
    folders at the source, in any platform's notation, wildcards allowed. *again* means also what is registered at the
    destination already, as where its files were taken away there by hand; accsyn sends what differs.
    """
    words, picked = meant(selection)
    order = Order(
        Reason.SEND, picked, source, destination, latest, tuple(components), with_used, tuple(add), queue, priority
    )
    return _ask(dataclasses.replace(order, again=again), words, dry_run, wait, timeout_s)


def get(
    selection: Union[str, Picked, Any, Iterable[Any]],
    *,
    source: str = "",
    latest: bool = True,
    components: Sequence[str] = (),
    with_used: bool = False,
    queue: str = "",
    priority: Optional[int] = None,
    again: bool = False,
    dry_run: bool = False,
    wait: bool = False,
    timeout_s: Optional[float] = None,
) -> Asked:
    """Get the components of *selection* to this machine's staging location, each from the nearest place that has it.

    Or from *source* alone. When they are there, `location.get_filesystem_path` of that location tells their paths. The
    other arguments are those of `send`.
    """
    words, picked = meant(selection)
    order = Order(Reason.GET, picked, source, "", latest, tuple(components), with_used, (), queue, priority)
    return _ask(dataclasses.replace(order, again=again), words, dry_run, wait, timeout_s)


def site_sync(
    paths: Union[str, Sequence[str]],
    site: str,
    direction: str,
    *,
    project: str = "",
    queue: str = "",
    priority: Optional[int] = None,
    dry_run: bool = False,
    wait: bool = False,
    timeout_s: Optional[float] = None,
) -> Asked:
    """Sync files and folders of a volume between head quarters and a *site* (its code in accsyn).

    *direction* is "download", from head quarters to the site, or "upload", from there to head quarters. *paths* are
    relative to the volume, or absolute in any platform's notation, wildcards allowed; they may belong to several
    projects: each to that which its first folder names, unless *project* says otherwise. Volume, queue and site are
    looked up first: `errors.NotReady` or `errors.Unresolved` tells which of them accsyn does not have.
    """
    named = [paths] if isinstance(paths, str) else list(paths)
    order = tools.sync_order(site, direction, named, project, queue)
    return _ask(dataclasses.replace(order, priority=priority), (), dry_run, wait, timeout_s)


def queue_ensure(project: str, priority: int = PRIORITY) -> EnsuredQueue:
    """Make the queue of a *project* in accsyn, unless it is there; *priority* (0 to 1000) is that of one that is made.

    It takes an administrator of accsyn. For others, jobs of the project go through accsyn's default queue.
    """
    if not project.strip():
        raise errors.Unresolved("make the queue", "", "no project is named", "Name one, as it is called in ftrack.")
    workspace = connect(_ready(settings.outside(environment.read_settings())))
    try:
        with errors.in_person():
            known = workspace.find_queue(project)
            if known is not None:
                return EnsuredQueue(known, f"The queue {project} is there.")
            return EnsuredQueue(workspace.create_queue(project, priority), f"The queue {project} was made.")
    except errors.NotReady as error:
        return EnsuredQueue("", f"Jobs of {project} go through accsyn's default queue. {error}")
    finally:
        workspace.close()


def _ask(order: Order, words: Sequence[str], dry_run: bool, wait: bool, timeout_s: Optional[float]) -> Asked:
    runtime = runtime_here()
    asked = tools.ask(runtime, order, words, dry_run)
    if asked.requests and wait:
        asked.wait(timeout_s)
    if asked.requests:
        runtime.worker.wake()
    return asked


def runtime_here() -> Runtime:
    """Return what carries what is asked for: that of the staging area, or on other machines one outside of any.

    Raise `errors.SettingsError` where something is not set, and what staging area and outbox raise.
    """
    current, credentials = environment.read_settings(), environment.ftrack_credentials()
    if current.staging_path is None:
        return open_outside(_ready(settings.outside(current)), credentials, environment.read_settings)
    runtime = open_runtime(_ready(current), credentials, environment.read_settings)
    runtime.area.require()
    return runtime


def _ready(current: settings.Settings) -> settings.Settings:
    if current.disabled:
        raise errors.SettingsError("use accsyn", "FTRACK_ACCSYN_DISABLE", "the plugin is switched off", "Unset it.")
    if current.problems:
        raise errors.SettingsError("use accsyn", "", settings.describe(current.problems))
    return current


def meant(selection: Any) -> tuple[list[str], tuple[Picked, ...]]:
    """Return the words in *selection*, and what is certain of it."""
    several = selection if _is_several(selection) else [selection]
    words: list[str] = []
    picked: list[Picked] = []
    for each in several:
        if isinstance(each, str):
            words.append(each)
        else:
            picked.append(each if isinstance(each, Picked) else Picked(each.entity_type, each["id"]))
    return words, tuple(picked)


def _is_several(selection: Any) -> bool:
    return not isinstance(selection, (str, Picked)) and not hasattr(selection, "entity_type")
