"""The environment, read into one frozen `Settings`; every problem in it is reported at once.

Nothing here touches a disk or a network: the caller hands in the environment and the text of the credentials file.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Optional

from ftrack_accsyn_accessor.model import assignments, assumptions, parties, slips
from ftrack_accsyn_accessor.model.credentials import plain_server
from ftrack_accsyn_accessor.model.reading import Problem as Problem
from ftrack_accsyn_accessor.model.reading import Reader

PREFIX = "FTRACK_ACCSYN_"
DEFAULT_VOLUME = "projects"
CREDENTIALS_PATH = "ACCSYN_CREDENTIALS_PATH"
#: Names the mapping file: see `model.mapping`.
LOCATIONS = f"{PREFIX}LOCATIONS"
#: Names the rules for vendors: see `model.vendor_rules`.
VENDORS = f"{PREFIX}VENDORS"

#: What is checked at the destination after accsyn has reported an item done, before it counts as synced.
VERIFY_NONE = "none"
VERIFY_SIZE = "size"

#: In this order, as accsyn's own client looks them up (accsyn fact sheet, section 1).
WORKSPACE_VARIABLES = ("ACCSYN_WORKSPACE", "ACCSYN_DOMAIN", "ACCSYN_ORG")

#: Who logs in to ftrack, as ftrack's own client has it.
FTRACK_VARIABLES = ("FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY")

_KEY, _USER, _PROXY = "ACCSYN_API_KEY", "ACCSYN_API_USER", "ACCSYN_PROXY"

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_CODE = re.compile(r"[\w.\-]+")
_PRIORITY = re.compile(r"[0-9]{1,3}|1000")
_ID = re.compile(r"[0-9a-z]{24}")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the environment asks for.

    `staging_path` is None where the machine is no staging machine; the other fields are None where nothing (usable) is
    set. `send_to` are patterns of destinations, `sync_path` a folder with placeholders, `assume` what somebody says of
    the assumptions, by their ids: it goes before what a probe has seen. `problems` lists all that keeps
    files from being sent; publishing works whenever `staging_path` is there. `credentials_file` is what is wrong with
    the file that ACCSYN_CREDENTIALS_PATH names, which is a problem for whoever needs credentials.
    """

    staging_path: Optional[str] = None
    staging_variable: str = f"ACCSYN_{DEFAULT_VOLUME.upper()}_PATH"
    volume: str = DEFAULT_VOLUME
    workspace: Optional[str] = None
    api_user: Optional[str] = None
    api_key: Optional[str] = dataclasses.field(default=None, repr=False)
    proxy: Optional[str] = dataclasses.field(default=None, repr=False)
    location: Optional[str] = None
    client: Optional[str] = None
    destination: Optional[str] = None
    destination_location: Optional[str] = None
    queue: Optional[str] = None
    outbox: Optional[str] = None
    locations: Optional[str] = None
    vendors: Optional[str] = None
    retention_days: Optional[int] = None
    priority: Optional[int] = None
    tls_verify: bool = True
    verify: str = VERIFY_NONE
    disabled: bool = False
    log_level: Optional[int] = None
    send_to: tuple[str, ...] = ()
    sync_path: Optional[str] = None
    assume: tuple[tuple[str, bool], ...] = ()
    credentials_file: Optional[Problem] = None
    problems: tuple[Problem, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing in the environment keeps files from being sent."""
        return not self.problems


def read(
    environ: Mapping[str, str], credentials_text: Optional[str] = None, flavour: ModuleType = os.path, unread: str = ""
) -> Settings:
    """Return the settings that *environ* asks for; never raises.

    *credentials_text* is the content of the file that ACCSYN_CREDENTIALS_PATH names. As with accsyn's own client its
    values win over the environment; of its variables only accsyn's credentials and proxy are taken. None while the
    variable is set means that the file could not be read, for the reason *unread*, which is a problem like any other.
    *flavour* is the path module of the system in question.
    """
    merged = {**environ, **(_credentials(credentials_text) if credentials_text is not None else {})}
    reader = Reader(merged, flavour)
    volume = reader.matching(f"{PREFIX}VOLUME", _CODE, "the code of an accsyn volume") or DEFAULT_VOLUME
    variable = staging_variable(volume, merged)
    staging_path = reader.folder(variable)
    (workspace, api_user, api_key), file_problem = _login(reader, variable, credentials_text, unread)
    return Settings(
        staging_path=staging_path,
        staging_variable=variable,
        volume=volume,
        workspace=workspace,
        api_user=api_user,
        api_key=api_key,
        proxy=reader.text(_PROXY),
        location=reader.text(f"{PREFIX}LOCATION"),
        client=reader.matching(f"{PREFIX}CLIENT", _ID, "the id of an accsyn client (24 letters and digits)"),
        destination=_destination(reader, workspace),
        destination_location=_destination_location(reader),
        queue=reader.text(f"{PREFIX}QUEUE"),
        outbox=reader.folder(f"{PREFIX}OUTBOX"),
        locations=reader.folder(LOCATIONS, "file"),
        vendors=reader.folder(VENDORS, "file"),
        retention_days=reader.days(f"{PREFIX}RETENTION_DAYS"),
        priority=_priority(reader),
        verify=reader.choice(f"{PREFIX}VERIFY", (VERIFY_NONE, VERIFY_SIZE)),
        tls_verify=reader.flag(f"{PREFIX}TLS_VERIFY", default=True),
        disabled=reader.flag(f"{PREFIX}DISABLE", default=False),
        log_level=_log_level(reader),
        send_to=reader.listed(f"{PREFIX}SEND_TO"),
        sync_path=_sync_path(reader),
        assume=_assume(reader),
        credentials_file=file_problem,
        problems=tuple(reader.problems),
    )


def outside(current: Settings) -> Settings:
    """Return *current* for who asks for something without a staging area: a folder is not needed, credentials are."""
    kept = [each for each in current.problems if each.variable != current.staging_variable]
    missing = _missing((current.workspace, current.api_user, current.api_key), kept)
    of_file = [each for each in (current.credentials_file,) if each is not None and each not in kept]
    problems = (*kept, *of_file, *missing)
    return dataclasses.replace(current, staging_path=None, problems=problems)


def staging_variable(volume: str, environ: Mapping[str, str]) -> str:
    """Return the name of the variable that holds the local folder of *volume*.

    How accsyn writes a `-` or `.` of the code is not known (accsyn fact sheet, section 10), so a variable with the code
    as it is wins, and one with `_` instead is the other spelling.
    """
    exact = f"ACCSYN_{volume.upper()}_PATH"
    return exact if environ.get(exact, "").strip() else "ACCSYN_{}_PATH".format(re.sub(r"[.\-]", "_", volume.upper()))


def local_folders(environ: Mapping[str, str], volumes: Iterable[str], flavour: ModuleType = os.path) -> dict[str, str]:
    """Return the local folders of those *volumes* for which *environ* names one that can be used, by their codes."""
    reader = Reader(environ, flavour)
    found = {volume: reader.folder(staging_variable(volume, environ)) for volume in volumes}
    return {volume: folder for volume, folder in found.items() if folder is not None}


def location_name(settings: Settings, api_user: str, hostname: str, platform: str = sys.platform) -> str:
    """Return the name of the staging location of *api_user* (ftrack) on *hostname*."""
    if settings.location:
        return settings.location
    if platform == "darwin" and hostname.lower().endswith(".local"):
        hostname = hostname[: -len(".local")]
    return f"{api_user}.{hostname}"


def describe(problems: tuple[Problem, ...]) -> str:
    """Return one text that names every problem with its remedy."""
    lines = [f"  - {problem}" for problem in problems]
    head = "No published file is sent by accsyn until this is mended; what is staged waits:"
    return "\n".join([head, *lines])


def _destination(reader: Reader, workspace: Optional[str]) -> Optional[str]:
    """Return the party that files go to. accsyn would read a bare word as a path (accsyn fact sheet, section 5)."""
    variable = f"{PREFIX}DESTINATION"
    value = reader.text(variable)
    if value is None:
        return None
    try:
        party = parties.parse(value, workspace or "")
    except ValueError as error:
        remedy = "Set it to the workspace's code, hq, site=<code>, client=<id> or a user's e-mail address."
        reader.report(variable, f"{value!r} cannot be used: {error}.", remedy)
        return None
    return str(party) if party.kind == parties.MAIN else value


def _destination_location(reader: Reader) -> Optional[str]:
    """Return the ftrack location of the destination, which cannot be the staging location."""
    variable = f"{PREFIX}DESTINATION_LOCATION"
    value = reader.text(variable)
    if value is not None and value == reader.text(f"{PREFIX}LOCATION"):
        what = f"{value!r} is the staging location itself ({PREFIX}LOCATION)."
        reader.report(variable, what, "Name the location of the studio's storage.")
        return None
    return value


def _credentials(text: str) -> dict[str, str]:
    """Return accsyn's variables in *text*, which is written as NAME=VALUE lines (a `.env` file)."""
    return assignments.values(text, {*WORKSPACE_VARIABLES, _USER, _KEY, _PROXY})


def ftrack_credentials(text: str) -> dict[str, str]:
    """Return ftrack's variables in the credentials file's *text*, for what has none in its environment."""
    return {name: value for name, value in assignments.values(text, set(FTRACK_VARIABLES)).items() if value}


def _login(
    reader: Reader, variable: str, credentials_text: Optional[str], unread: str
) -> tuple[tuple[Optional[str], Optional[str], Optional[str]], Optional[Problem]]:
    """Return workspace, user and key, and what is wrong with the file: problems where *variable* is set."""
    login = (_workspace(reader), _user(reader), _key(reader))
    missing = _missing(login, reader.problems)
    file_problem = _of_file(reader, credentials_text, unread, missing)
    if reader.text(variable) is not None:
        reader.problems += [*filter(None, [file_problem]), *missing]
    return login, file_problem


def _priority(reader: Reader) -> Optional[int]:
    text = reader.matching(f"{PREFIX}PRIORITY", _PRIORITY, "a whole number from 0 to 1000")
    return int(text) if text is not None else None


def _workspace(reader: Reader) -> Optional[str]:
    for variable in WORKSPACE_VARIABLES:
        value = reader.text(variable)
        if value is None:
            continue
        meant = slips.workspace(value)
        if meant == value:
            return value
        remedy = f"Did you mean {meant}?" if meant else "Set it to the code of your accsyn workspace."
        reader.report(variable, f"{plain_server(value)!r} is not the code of a workspace.", remedy)
        return None
    return None


def _user(reader: Reader) -> Optional[str]:
    value = reader.text(_USER)
    if value is None or _ADDRESS.fullmatch(value):
        return value
    reader.report(_USER, f"{value!r} is no e-mail address.", "Set it to your accsyn user name, which is one.")
    return None


def _key(reader: Reader) -> Optional[str]:
    value = reader.text(_KEY)
    wrong = slips.key(value or "")
    if not wrong:
        return value
    reader.report(_KEY, f"{wrong}.", "Copy the key anew, whole and by itself.")
    return None


def _sync_path(reader: Reader) -> Optional[str]:
    """Return the folder to sync, which is no path of this machine: nothing in it is expanded."""
    variable = f"{PREFIX}SYNC_PATH"
    value = reader.text(variable)
    left = slips.UNEXPANDED.search(value or "")
    if left is None:
        return value
    reader.report(variable, f"{left[0]} in {value!r} stands for nothing there.", "Write what it should stand for.")
    return None


def _assume(reader: Reader) -> tuple[tuple[str, bool], ...]:
    """Return what is to be assumed of accsyn, and what not."""
    variable = f"{PREFIX}ASSUME"
    told, wrong = assumptions.read(reader.listed(variable))
    if wrong:
        remedy = f"Write <word>=yes or <word>=no; the words are {', '.join(assumptions.CHOICES)}."
        reader.report(variable, f"{wrong[0]!r} cannot be assumed.", remedy)
    return told


def _of_file(reader: Reader, text: Optional[str], unread: str, missing: Sequence[Problem]) -> Optional[Problem]:
    """Return what is wrong with the credentials file: it was not read, or does not tell what is *missing*."""
    if reader.text(CREDENTIALS_PATH) is None:
        return None
    if text is None:
        what = f"the file it names cannot be read{f': {unread}' if unread else ''}."
        return Problem(CREDENTIALS_PATH, what, "Correct the path or the file's permissions.")
    if not missing:
        return None
    wanted = ", ".join(each.variable for each in missing)
    what = f"the file it names does not tell {wanted}: {assignments.held(text)}."
    return Problem(CREDENTIALS_PATH, what, "Write each into it, on a line of its own.")


def _missing(login: Sequence[Optional[str]], problems: Sequence[Problem]) -> list[Problem]:
    """Return a problem for each of accsyn's credentials that is not set: workspace, user, key. None comes twice."""
    known = {WORKSPACE_VARIABLES[0] if each.variable in WORKSPACE_VARIABLES else each.variable for each in problems}
    wanted = (
        (WORKSPACE_VARIABLES[0], "Set it to the code of your accsyn workspace."),
        (_USER, "Set it to your accsyn user name (e-mail address)."),
        (_KEY, "Create an API key in accsyn and set it."),
    )
    unset = [(variable, remedy) for value, (variable, remedy) in zip(login, wanted) if value is None]
    return [Problem(variable, "is not set.", remedy) for variable, remedy in unset if variable not in known]


def _log_level(reader: Reader) -> Optional[int]:
    variable = f"{PREFIX}LOG_LEVEL"
    value = reader.text(variable)
    if value is None:
        return None
    if value.upper() in _LEVELS:
        return int(getattr(logging, value.upper()))
    reader.report(variable, f"{value!r} is no log level.", f"Set it to one of {', '.join(_LEVELS)}.")
    return None
