"""The diagnosis archive: all that helps to find out what is wrong, and no secret."""

from __future__ import annotations

import base64
import contextlib
import os
import sys
import urllib.parse
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ftrack_accsyn_accessor.insight import requests, rows, status
from ftrack_accsyn_accessor.insight.doctor import as_text
from ftrack_accsyn_accessor.insight.doctor.check import Check, Subject
from ftrack_accsyn_accessor.insight.installation import find_installation
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.credentials import plain_server, server_login
from ftrack_accsyn_accessor.model.plain import as_json
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_accessor.workspace.answers import redacted

#: Items told about: those that need attention first, then the newest.
ITEMS = 500
#: The end of each of Connect's log files that is looked through.
LOG_BYTES = 2_000_000
#: Its value may hold a user and password.
_SERVER = "FTRACK_SERVER"
#: Variables whose values matter; of others with a name of ours only the name is told.
_TOLD = ("FTRACK_ACCSYN_", _SERVER, "FTRACK_API_USER", "FTRACK_EVENT_PLUGIN_PATH", "ACCSYN_")
_SECRET = ("KEY", "PASSWORD", "TOKEN", "SECRET", "PROXY")
_OURS = ("ftrack_accsyn", "accsyn")


def write(path: Path, subject: Subject, checks: Sequence[Check], environ: Mapping[str, str]) -> None:
    """Write the archive to *path*; raise OSError where that is impossible."""
    secrets = tuple(_secrets(subject, environ))
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, text in _parts(subject, checks, environ):
            archive.writestr(name, redacted(text, secrets))


def _parts(subject: Subject, checks: Sequence[Check], environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "doctor.txt", as_text(iter(checks))
    yield "doctor.json", as_json(checks, indent=1)
    yield "settings.json", as_json(subject.settings, indent=1)
    yield "environment.json", as_json(_environment(environ), indent=1)
    yield "probe.json", as_json(probed.seen(subject.settings.workspace or ""), indent=1)
    yield from _outbox(subject)
    for log in log_files():
        lines = [line for line in _tail(log).splitlines() if any(word in line for word in _OURS)]
        yield f"log/{log.name}", "\n".join(lines)


def _outbox(subject: Subject) -> Iterator[tuple[str, str]]:
    try:
        here = find_installation(subject.settings, subject.api_user)
    except errors.OutboxError:
        return
    if not here.has_outbox:
        return
    outbox = here.outbox()
    try:
        yield "status.json", as_json(status.summary(outbox, here.studio), indent=1)
        yield "requests.json", as_json(requests.requests(outbox, studio=here.studio), indent=1)
        yield "items.json", as_json(rows.rows(outbox, limit=ITEMS, studio=here.studio), indent=1)
        yield "jobs.json", as_json(outbox.jobs(), indent=1)
    except errors.OutboxError as error:
        yield "outbox.txt", str(error)
    finally:
        outbox.close()


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    names = sorted(name for name in environ if name.startswith(_TOLD))
    told = {name: "(set)" if any(word in name for word in _SECRET) else environ[name] for name in names}
    return {name: plain_server(value) if name == _SERVER else value for name, value in told.items()}


def _secrets(subject: Subject, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what must not be in the archive, in every form in which it may appear; the longest first."""
    known = {subject.settings.api_key, subject.settings.proxy, subject.ftrack.api_key if subject.ftrack else None}
    known |= {value for name, value in environ.items() if any(word in name for word in _SECRET)}
    user, password = server_login(environ.get(_SERVER, ""))
    known |= {f"{user}:{password}", password, urllib.parse.unquote(password)} if password else {user}
    forms: set[str] = set()
    for secret in filter(None, known):
        if len(secret) > 3:  # else every other word would be starred
            forms |= {secret, urllib.parse.quote(secret), base64.b64encode(secret.encode()).decode()}
    yield from sorted(forms, key=len, reverse=True)


def log_files() -> list[Path]:
    """Return ftrack Connect's log files on this machine, the latest first."""
    folder = log_folder()
    with contextlib.suppress(OSError):
        return sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)[:5]
    return []


def log_folder() -> Path:
    """Return the folder in which ftrack Connect keeps its log (Connect 26.7, `utils/log.py`), also without a home."""
    if os.name == "nt":
        base = os.path.join(os.environ.get("LOCALAPPDATA", "~/AppData/Local"), "ftrack")
    elif sys.platform == "darwin":
        base = "~/Library/Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(os.path.expanduser(base), "ftrack-connect", "log")


def _tail(path: Path) -> str:
    with contextlib.suppress(OSError), path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - LOG_BYTES))
        return log.read().decode("utf-8", "replace")
    return ""
