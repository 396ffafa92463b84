"""What is on its way from this machine, for a studio's own tools: what the commands of these names tell and do.

They read and write the outbox of the account and the staging area that the environment names, whether or not a session
of this process has the plugin; neither ftrack nor accsyn is asked, but by `wait`. Any thread may call any of them, a
host's main thread too, as they take no longer than a look into a file; only `wait` blocks, and is for a thread of its
own.

*what* is an entity of ftrack_api (a component or an asset version, of any session: only its id is read), the id of one,
what rows show ("item=12", "request=3"), a staged path, or words of a title ("sh010 comp v001 main"); several of them
where it says so.

Each may raise `errors.SettingsError` (this is no staging machine, or the plugin is switched off), `errors.OutboxError`
(the outbox cannot be used) and `errors.NotOne` (nothing, or several things, are called that): all of them are
`errors.AccsynAccessorError`, whose text says what was tried, what came back and what to do.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Callable, Optional

from ftrack_accsyn_accessor import environment, machine
from ftrack_accsyn_accessor.insight import inquiry, leading, naming, past, waiting
from ftrack_accsyn_accessor.insight.absence import absence
from ftrack_accsyn_accessor.insight.installation import Installation, find_installation
from ftrack_accsyn_accessor.insight.known import Arrival, Status, item_status
from ftrack_accsyn_accessor.insight.past import Past
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.insight.situation import Cause
from ftrack_accsyn_accessor.insight.waiting import Wanted
from ftrack_accsyn_accessor.insight.why import explain
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.item import HIGHEST_PRIORITY
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.past import Ended
from ftrack_accsyn_accessor.outbox.patience import Patience

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SWITCHED_OFF = "the plugin is switched off by FTRACK_ACCSYN_DISABLE"


def status(what: Any) -> Status:
    """Return what this machine knows of a component, a version, or whatever else *what* is, at this moment.

    It is what `ftrack-accsyn status` shows, with what has arrived and was freed here since. Nothing in it for what was
    not published or asked for here. Any thread.

    Raise `errors.NotOne` for words that mean nothing, or several things; `errors.Unresolved` for an entity of another
    kind; `errors.SettingsError` and `errors.OutboxError` where there is no outbox, or it cannot be read.
    """
    with _outbox() as (here, outbox):
        found, freed = _with_freed(outbox, here, _text(what))
        others = outbox.survey.of_others(here.studio)
        unattended = bool(found) and leading.unattended(outbox, here.studio if others else None)
        items = (*map(item_status, found), *(item_status(each.row, each.ended_at) for each in freed))
        return Status(items, unattended)


def why(what: Any = None) -> tuple[Cause, ...]:
    """Return what is in the way of *what*, or of everything on this machine, the most first; at least one.

    Of accsyn it tells what the worker knows. `ftrack-accsyn why` asks accsyn as well, and may know more. Any thread.
    What is wrong with settings and outbox is an answer, too. Raise `errors.NotOne` for words that mean several things;
    `errors.Unresolved` for an entity of another kind.
    """
    asked = "" if what is None else _text(what)
    with Patience():
        return explain(inquiry.gather(environment.read_settings(), environment.ftrack_user(), asked, asks=False))


def retry(what: Any = None) -> int:
    """Try what waits or needs attention again at once: *what*, or several of them, or everything; return how many.

    The worker of whatever process runs does it within seconds. Any thread. Raise as `status` does.
    """
    with _outbox() as (here, outbox):
        ids = None if what is None else _ids(outbox, here, what)
        return outbox.control.retry(ids)


def first(what: Any, priority: int = HIGHEST_PRIORITY) -> int:
    """Send *what*, or several of them, before the rest of their sync job; return how many items that is.

    *priority* (0 to 1000) is that of their tasks in accsyn. What accsyn has begun with is not changed by it, and what
    has arrived has none. Any thread. Raise as `status` does; `errors.SettingsError` for a priority that is none.
    """
    if not 0 <= priority <= HIGHEST_PRIORITY:
        outcome = f"the priority {priority} is none of 0 to {HIGHEST_PRIORITY}"
        raise errors.SettingsError("send something first", "", outcome, "Name another one.")
    with _outbox() as (here, outbox):
        return len(outbox.control.first(_ids(outbox, here, what), priority))


def pause() -> bool:
    """Let nothing more be sent from this machine until `resume`; return False if that was so already.

    Publishing goes on. Jobs that run already are paused in accsyn by the worker, where an application with the plugin
    runs. Any thread. Raise `errors.SettingsError` and `errors.OutboxError` where there is no outbox to write into.
    """
    with _outbox() as (_, outbox):
        return outbox.control.pause(f"{environment.ftrack_user()}@{machine.hostname()}")


def resume() -> bool:
    """Go on with what `pause` has paused; return False if nothing was. Any thread. Raise as `pause` does."""
    with _outbox() as (_, outbox):
        return outbox.control.resume()


def wait(
    what: Any, location: Any = "", timeout_s: Optional[float] = None, on_message: Optional[Callable[[str], None]] = None
) -> Arrival:
    """Wait until ftrack knows a component, or all components of a version, at *location*; return how that has ended.

    Blocks the calling thread for *timeout_s* seconds at most (None: as long as it takes). Never call it on the thread
    of a host's windows, nor in a callback of a session's event hub. ftrack is asked by a session of its own: that of an
    entity is left alone, and only tells which ftrack it is.

    *location* is a location of ftrack, or its name; empty for where publishes of this machine go. *on_message* gets a
    line every half minute, on this thread: what is waited for, and why. Needs no outbox on this machine. Ends early
    where this machine knows that it does not come by itself.

    Raise `errors.RegistrationRefused` where ftrack has no such component, version or location, or lets nobody in with
    the key; `errors.SettingsError` where it is not known which ftrack, or which location, is meant.
    """
    begun = time.monotonic()
    credentials, outbox = _credentials(what), _outbox_if_any()
    try:
        wanted = _wanted(what, outbox, _name(location) or _destination(outbox))
        with errors.in_person():
            try:
                found = waiting.wait(credentials, wanted, outbox, timeout_s, on_message)
            except errors.RegistrationRefused as error:
                if error.on != wanted.component_id or hasattr(what, "entity_type") or not _ID.fullmatch(error.on):
                    raise
                # An id that is no component's may be a version's; nobody here knows which.
                left_s = None if timeout_s is None else max(0.0, timeout_s - (time.monotonic() - begun))
                found = waiting.wait(credentials, Wanted("", error.on, wanted.location), outbox, left_s, on_message)
    finally:
        if outbox is not None:
            outbox.rest(0.0)
    items = tuple(item_status(row) for row in found.rows)
    return Arrival(found.outcome.value, found.arrival.wanted, found.arrival.arrived, items, found.why)


# What is meant.


def _meant(outbox: Outbox, here: Installation, several: Iterable[Any]) -> list[Row]:
    """Return the items that each of *several* means, each once; an id that is not known here means none."""
    found: dict[int, Row] = {}
    for each in several:
        text = _text(each)
        try:
            rows = naming.named(outbox, text, here.studio)
        except errors.NotOne as error:
            if error.candidates or not _ID.fullmatch(text):
                raise
            rows = []
        found.update((row.item_id, row) for row in rows)
    return list(found.values())


def _with_freed(outbox: Outbox, here: Installation, text: str) -> tuple[list[Row], list[Past]]:
    """Return the items that *text* means, and those that have arrived and were freed of what has none any more."""
    freed = past.of_entity(outbox, text, here.studio) if _ID.fullmatch(text) else []
    try:
        found = _meant(outbox, here, [text])
    except errors.NotOne as error:
        freed = [] if error.candidates else past.past(outbox, text, here.studio)
        if not freed:
            raise
        found = []
    present = {row.component_id for row in found}
    last: dict[tuple[str, str], Past] = {}
    for each in freed:
        if each.ended is Ended.FREED and each.row.synced_at is not None and each.row.component_id not in present:
            last.setdefault((each.row.component_id or each.row.path, each.row.destination), each)
    return found, list(last.values())


def _ids(outbox: Outbox, here: Installation, what: Any) -> Sequence[int]:
    several = what if isinstance(what, (list, tuple, set, frozenset)) else [what]
    return [row.item_id for row in _meant(outbox, here, several)]


def _text(what: Any) -> str:
    """Return what one would type to mean *what*."""
    if isinstance(what, str):
        return what
    if isinstance(what, os.PathLike):
        return os.fsdecode(what)
    kind = str(getattr(what, "entity_type", ""))
    if kind == "AssetVersion" or kind.endswith("Component"):
        return str(what["id"])
    outcome = f"{kind or type(what).__name__} is neither a component nor a version"
    raise errors.Unresolved("tell what is meant", "", outcome, "Name a component, a version, a path or words of a row.")


def _wanted(what: Any, outbox: Optional[Outbox], location: str) -> Wanted:
    """Return what is waited for: that which *what* means on this machine, or else the id that it is."""
    text = _text(what)
    if getattr(what, "entity_type", "") == "AssetVersion":
        return Wanted("", text, location)
    if _ID.fullmatch(text):
        is_version = outbox is not None and outbox.survey.of_version(text)
        return Wanted("", text, location) if is_version else Wanted(text, "", location)
    if outbox is None:
        remedy = "Name the id of a component or a version."
        raise errors.NotOne("tell what to wait for", text, "nothing was published on this machine", remedy)
    components = {row.component_id for row in naming.named(outbox, text)}
    if len(components) != 1 or "" in components:
        raise errors.NotOne("tell what to wait for", text, "it is not one component", "Name one, or a version.")
    return Wanted(components.pop(), "", location)


def _name(location: Any) -> str:
    """Return what a location is called; of an entity as far as its session knows: that is not asked on this thread."""
    if isinstance(location, str):
        return location
    known = location.attributes.get("name").get_remote_value(location)
    if not isinstance(known, str):
        raise errors.SettingsError("tell where to wait", "", "the location's name is not loaded", "Pass its name.")
    return known


def _destination(outbox: Optional[Outbox]) -> str:
    known = waiting.destination(environment.read_settings(), outbox)
    if not known:
        outcome = "where publishes of this machine go is not known on it"
        raise errors.SettingsError("tell where to wait for it", "", outcome, "Name the location.")
    return known


def _credentials(what: Any) -> FtrackCredentials:
    """Return which ftrack is meant: that of an entity's session, or else that of the environment."""
    session = getattr(what, "session", None)
    if session is None:
        return environment.ftrack_credentials()
    return FtrackCredentials(session.server_url, session.api_user, session.api_key)


# The outbox.


@contextlib.contextmanager
def _outbox() -> Iterator[tuple[Installation, Outbox]]:
    """Give this machine's outbox, for as long as a host's thread may be kept; leave no connection behind."""
    current = environment.read_settings()
    if current.disabled:
        raise errors.SettingsError("look into the outbox", "", _SWITCHED_OFF, "Unset it.")
    here = find_installation(current, environment.ftrack_user())
    if not here.has_outbox:
        if here.outside:
            outcome = f"{current.staging_variable} is not set: this is no staging machine"
            raise errors.SettingsError("look into the outbox", "", outcome, "Set it to the folder that accsyn syncs.")
        missing = absence(here)
        raise errors.OutboxUnusable("look into the outbox", str(here.outbox_path), missing.what, missing.remedy)
    outbox = here.outbox()
    try:
        with Patience(), errors.in_person():
            yield here, outbox
    finally:
        outbox.close()


def _outbox_if_any() -> Optional[Outbox]:
    """Return this machine's outbox; None where there is none: what only asks ftrack can do without."""
    with contextlib.suppress(errors.AccsynAccessorError):
        found = find_installation(environment.read_settings(), environment.ftrack_user())
        return found.outbox() if found.has_outbox else None
    return None
