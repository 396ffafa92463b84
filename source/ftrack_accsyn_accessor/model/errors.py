"""The one error tree of the plugin.

AccsynAccessorError
    SettingsError             the environment asks for something impossible
    StagingError              the staging area, or a file in it, is not what it was
        StagingGone             the staging root has vanished: wait, nothing is lost
        FileChanged             a staged file differs from what was published
        FileUnreadable          the system does not let a staged file be looked at
        NeverSent               accsyn passes over files of this name
    OutboxError               the outbox cannot be used
        OutboxTooNew            written by a newer release: left untouched
        OutboxUnusable          read-only, locked or out of space
            OutboxDamaged         damaged: kept aside, a new one takes its place
    RegistrationError         ftrack could not be asked
        RegistrationRefused     ftrack read the request and said no
            LoginRefused          ftrack does not accept who we are
    Conflict                  another component has the path
    Unresolved                nothing, or more than one, is meant by what somebody has named
    NotOne                    no item, or several, are called what somebody has typed
    NotStuck                  what does not need attention was to be forgotten
    NotAllowed                whoever asks may not have it done
    TimeUp                    nobody has answered in the time that somebody gave
    StorageError              the volume of the vendor loop refuses, or a path leads out of it
    SpoolError                what is not finished of the vendor loop cannot be kept
    ManifestError             a manifest, a delivery note or a hook's input cannot be read
    WorkspaceError            accsyn could not be asked, or said no
        Unreachable             the call was never processed
        Busy                    accsyn asks for patience
        Uncertain               no usable answer: the call may have been processed
        Refused                 accsyn read the call and said no
        Unauthorised            accsyn does not accept who we are
        NotReady                this machine or workspace is not set up for syncing
        Unserved                one end of what was asked for cannot be used

Every error renders from the same four facts, so that a reader never has to guess: what was tried, on what, what came
back, and what to do. `kind` is the short stable word under which a cause is stored and shown. No credential is ever a
part of them.
"""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Iterator
from typing import ClassVar, Optional

#: Characters of a foreign error's text: its beginning tells what happened, the rest may be a whole web page.
MOST_WORDS = 500
_NOTHING = "Nothing was asked for: do it again when {} answers."
#: The user and password in an address.
_LOGIN = re.compile(r"(?<=://)\S*@")


class AccsynAccessorError(Exception):
    """Root of all errors of the plugin.

    *tried* is what was attempted ("create the sync job"), *on* its object ("show_a ftrack upload .."), *outcome* what
    came back and *remedy* what the reader can do. *by_itself* is what goes on without anybody, for whom that is so: for
    the background worker; see `in_person`. Empty parts are left out of the text.
    """

    kind: ClassVar[str] = "error"

    def __init__(self, tried: str, on: str = "", outcome: str = "", remedy: str = "", by_itself: str = "") -> None:
        self.tried = tried
        self.on = on
        self.outcome = outcome
        self.advice = remedy
        self.by_itself = by_itself
        super().__init__(str(self))

    @property
    def remedy(self) -> str:
        """What to do, and what goes on by itself."""
        return f"{self.advice} {self.by_itself}".strip()

    @property
    def what(self) -> str:
        """What is wrong, without what to do about it."""
        subject = f"Could not {self.tried}"
        if self.on:
            subject += f" ({self.on})"
        outcome = self.outcome.strip()
        text = f"{subject}: {outcome}" if outcome else subject
        return text if text.endswith((".", "!", "?")) else f"{text}."

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".rstrip()


class SettingsError(AccsynAccessorError):
    """The environment asks for something impossible."""

    kind = "settings"


class StagingError(AccsynAccessorError):
    """The staging area, or a file in it, cannot be used."""

    kind = "staging"


class StagingGone(StagingError):
    """The staging root has vanished (an unplugged disk, say); nothing is lost, it is waited for."""

    kind = "staging-gone"


class FileChanged(StagingError):
    """A staged file is missing or is not the file that was published; sending it would be wrong."""

    kind = "file-changed"


class FileUnreadable(StagingError):
    """The system does not let a staged file be looked at, which tells nothing about what it is."""

    kind = "file-unreadable"


class NeverSent(StagingError):
    """accsyn passes over files of this name: a task with one ends done, though the file is not there."""

    kind = "never-sent"


class OutboxError(AccsynAccessorError):
    """The outbox cannot be used."""

    kind = "outbox"


class OutboxTooNew(OutboxError):
    """The outbox was written by a newer release and is left untouched."""

    kind = "outbox-too-new"


class OutboxUnusable(OutboxError):
    """The outbox is read-only, locked or out of space."""

    kind = "outbox-unusable"


class OutboxDamaged(OutboxUnusable):
    """The outbox was damaged; it is kept aside and the next call meets a new one."""

    kind = "outbox-damaged"


class RegistrationError(AccsynAccessorError):
    """Ftrack could not be asked which components are registered in a location."""

    kind = "ftrack"


class RegistrationRefused(RegistrationError):
    """Ftrack read the request and said no."""


class LoginRefused(RegistrationRefused):
    """Ftrack does not accept the user or the key."""

    kind = "ftrack-login"


class Conflict(AccsynAccessorError):
    """The path of a component belongs to another one at the destination, or another one goes there first."""

    kind = "conflict"


class Unresolved(AccsynAccessorError):
    """What somebody has named is nothing that is known, or may be more than one thing."""

    kind = "unresolved"


class NotOne(AccsynAccessorError):
    """No item, or several, are called what somebody has typed; `candidates` are those, as one would type them."""

    kind = "not-one"

    def __init__(
        self,
        tried: str,
        on: str = "",
        outcome: str = "",
        remedy: str = "",
        by_itself: str = "",
        *,
        candidates: tuple[str, ...] = (),
    ) -> None:
        self.candidates = candidates
        super().__init__(tried, on, outcome, remedy, by_itself)


class NotStuck(AccsynAccessorError):
    """What was to be forgotten does not need attention, or ftrack would show something wrong without it."""

    kind = "not-stuck"


class TimeUp(AccsynAccessorError):
    """The time that somebody gave was up before there was an answer."""

    kind = "time-up"


class NotAllowed(AccsynAccessorError):
    """Whoever asks may not have done what is asked for."""

    kind = "not-allowed"


class WorkspaceError(AccsynAccessorError):
    """Accsyn could not be asked, or said no.

    *status* is the HTTP status where one was seen. *retry_after_s* is accsyn's own wish, in seconds.
    """

    kind = "accsyn"

    def __init__(
        self,
        tried: str,
        on: str = "",
        outcome: str = "",
        remedy: str = "",
        by_itself: str = "",
        *,
        status: Optional[int] = None,
        retry_after_s: Optional[float] = None,
    ) -> None:
        self.status = status
        self.retry_after_s = retry_after_s
        super().__init__(tried, on, outcome, remedy, by_itself)


class Unreachable(WorkspaceError):
    """The call never reached accsyn: it was certainly not processed."""

    kind = "unreachable"


#: The HTTP status of a call that accsyn refuses because there were too many, from the same internet address or in all.
TOO_MANY = 429


class Busy(WorkspaceError):
    """Accsyn asks for patience (429, 503): not processed, to be repeated later."""

    kind = "busy"


class Uncertain(WorkspaceError):
    """No usable answer came: the call may have been processed, so look before repeating it."""

    kind = "no-answer"


class Refused(WorkspaceError):
    """Accsyn read the call and said no."""

    kind = "refused"


class Unauthorised(WorkspaceError):
    """Accsyn does not accept the user, the key or the session."""

    kind = "unauthorised"


class NotReady(WorkspaceError):
    """This machine or workspace is not set up for syncing yet; somebody has to change something."""

    kind = "not-ready"


class Unserved(WorkspaceError):
    """One end of what was asked for cannot be used at the moment; everything else can. It is no fault of the items."""

    kind = "unserved"


class StorageError(AccsynAccessorError):
    """The volume that vendors deliver to, or are handed work from, cannot be used, or not under this path."""

    kind = "storage"


class SpoolError(AccsynAccessorError):
    """What is not finished of the vendor loop cannot be kept, or read, on this machine."""

    kind = "spool"


class ManifestError(AccsynAccessorError):
    """A manifest, a delivery note or a hook's input cannot be read, or says what it may not say."""

    kind = "manifest"


@contextlib.contextmanager
def in_person() -> Iterator[None]:
    """Raise errors as they are told to somebody who waits for the answer: nobody tries it again for them."""
    try:
        yield
    except AccsynAccessorError as error:
        if not error.by_itself:
            raise
        told = copy.copy(error)
        told.by_itself = _NOTHING.format("ftrack" if isinstance(error, RegistrationError) else "accsyn")
        raise told from error


def final(error: AccsynAccessorError) -> AccsynAccessorError:
    """Return *error* as it is told by whoever does not try it again."""
    told = copy.copy(error)
    told.by_itself = ""
    return told


def words(error: BaseException, *secrets: str) -> str:
    """Return what a foreign *error* says, on one bearable line, without any of *secrets* or a login in an address.

    ftrack's own errors take the braces in a server's answer for fields to be filled in, and fail to say anything.
    """
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - whatever it is, there is an error to be told of
        text = str(getattr(error, "message", ""))
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    line = _LOGIN.sub("", " ".join(text.split())) or type(error).__name__
    return line if len(line) <= MOST_WORDS else f"{line[: MOST_WORDS - 3]}..."
