"""The environment, read into one frozen `Settings`; every problem in it is reported at once.

Nothing here touches a disk or a network: the caller hands in the environment and the text of the credentials file.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.folders import full

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

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_CODE = re.compile(r"[\w.\-]+")
_PRIORITY = re.compile(r"[0-9]{1,3}|1000")
_ID = re.compile(r"[0-9a-z]{24}")
#: A variable in a path that nobody has set: it would become a folder of this name.
_UNEXPANDED = re.compile(r"\$\w+|\$\{[^}]*\}|%\w+%")


class Problem(NamedTuple):
    """One thing wrong with the environment: the variable to look at, what is wrong, what to do."""

    variable: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.what} {self.remedy}"


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the environment asks for.

    `staging_path` is None where the machine is no staging machine; the other fields are None where nothing (usable) is
    set. `send_to` are patterns of destinations, `sync_path` a folder with placeholders. `problems` lists all that keeps
    files from being sent; publishing works whenever `staging_path` is there.
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
    problems: tuple[Problem, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing in the environment keeps files from being sent."""
        return not self.problems


class _Reader:
    """Reads variables one by one and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str], flavour: ModuleType) -> None:
        self.environ = environ
        self.flavour = flavour
        self.problems: list[Problem] = []

    def text(self, variable: str) -> Optional[str]:
        """Return the stripped value, or None when it is unset or blank."""
        return self.environ.get(variable, "").strip() or None

    def matching(self, variable: str, pattern: re.Pattern[str], wanted: str) -> Optional[str]:
        """Return the value if it has the form *pattern*, else report that *wanted* was expected."""
        value = self.text(variable)
        if value is None or pattern.fullmatch(value):
            return value
        self.report(variable, f"{value!r} is not {wanted}.", "Correct it or unset it.")
        return None

    def listed(self, variable: str) -> tuple[str, ...]:
        """Return the values that are set, separated by commas."""
        return tuple(filter(None, map(str.strip, (self.text(variable) or "").split(","))))

    def flag(self, variable: str, default: bool) -> bool:
        """Return the value as a truth value."""
        value = self.text(variable)
        if value is None:
            return default
        if value.lower() in _TRUE | _FALSE:
            return value.lower() in _TRUE
        self.report(variable, f"{value!r} is neither yes nor no.", "Set it to 1 or 0.")
        return default

    def days(self, variable: str) -> Optional[int]:
        """Return the value as a whole number of days, at least one."""
        value = self.text(variable)
        if value is None or (value.isascii() and value.isdigit() and int(value) > 0):
            return int(value) if value is not None else None
        self.report(variable, f"{value!r} is not a whole number of days.", "Set it to 1 or more, or unset it.")
        return None

    def choice(self, variable: str, words: tuple[str, ...]) -> str:
        """Return the value, one of *words*; the first of them by default."""
        value = (self.text(variable) or words[0]).lower()
        if value in words:
            return value
        self.report(variable, f"{value!r} is none of {', '.join(words)}.", "Correct it or unset it.")
        return words[0]

    def folder(self, variable: str, kind: str = "folder") -> Optional[str]:
        """Return the value as the absolute path of a *kind*, `~` and variables expanded as ftrack's disk accessor does.

        *kind* is "folder" or "file".
        """
        value = self.text(variable)
        if value is None:
            return None
        path = self._expanded(value)
        if path is None:
            self.report(variable, f"{value!r} holds what no path can hold on this system.", f"Name another {kind}.")
            return None
        unexpanded = _UNEXPANDED.search(path)
        if unexpanded:
            self.report(variable, f"{unexpanded[0]} in {value!r} is not set.", "Set it, or write the full path.")
            return None
        found = full(path, self.flavour)
        if found:
            return found
        self.report(variable, f"{value!r} is not an absolute path.", f"Set it to the full path of a {kind}.")
        return None

    def _expanded(self, value: str) -> Optional[str]:
        """Return *value* expanded, or None if the system could not use it as a path."""
        try:
            path = str(self.flavour.expanduser(self.flavour.expandvars(value)))
            os.fsencode(path)
        except ValueError:
            return None
        return None if "\0" in path else path

    def report(self, variable: str, what: str, remedy: str) -> None:
        self.problems.append(Problem(variable, what, remedy))


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
    reader = _Reader(merged, flavour)
    volume = reader.matching(f"{PREFIX}VOLUME", _CODE, "the code of an accsyn volume") or DEFAULT_VOLUME
    variable = staging_variable(volume, merged)
    staging_path = reader.folder(variable)
    workspace = next(filter(None, map(reader.text, WORKSPACE_VARIABLES)), None)
    priority = reader.matching(f"{PREFIX}PRIORITY", _PRIORITY, "a whole number from 0 to 1000")
    if reader.text(variable) is not None:
        _require_credentials(reader, workspace, unread if credentials_text is None else None)
    return Settings(
        staging_path=staging_path,
        staging_variable=variable,
        volume=volume,
        workspace=workspace,
        api_user=reader.text("ACCSYN_API_USER"),
        api_key=reader.text("ACCSYN_API_KEY"),
        proxy=reader.text("ACCSYN_PROXY"),
        location=reader.text(f"{PREFIX}LOCATION"),
        client=reader.matching(f"{PREFIX}CLIENT", _ID, "the id of an accsyn client (24 letters and digits)"),
        destination=_destination(reader, workspace),
        destination_location=_destination_location(reader),
        queue=reader.text(f"{PREFIX}QUEUE"),
        outbox=reader.folder(f"{PREFIX}OUTBOX"),
        locations=reader.folder(LOCATIONS, "file"),
        vendors=reader.folder(VENDORS, "file"),
        retention_days=reader.days(f"{PREFIX}RETENTION_DAYS"),
        priority=int(priority) if priority is not None else None,
        verify=reader.choice(f"{PREFIX}VERIFY", (VERIFY_NONE, VERIFY_SIZE)),
        tls_verify=reader.flag(f"{PREFIX}TLS_VERIFY", default=True),
        disabled=reader.flag(f"{PREFIX}DISABLE", default=False),
        log_level=_log_level(reader),
        send_to=reader.listed(f"{PREFIX}SEND_TO"),
        sync_path=reader.text(f"{PREFIX}SYNC_PATH"),
        problems=tuple(reader.problems),
    )


def outside(current: Settings) -> Settings:
    """Return *current* for who asks for something without a staging area: a folder is not needed, credentials are."""
    kept = [each for each in current.problems if each.variable != current.staging_variable]
    known = {each.variable for each in kept}
    missing = _missing(current.workspace, current.api_user, current.api_key)
    problems = (*kept, *(each for each in missing if each.variable not in known))
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
    reader = _Reader(environ, flavour)
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


def _destination(reader: _Reader, workspace: Optional[str]) -> Optional[str]:
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


def _destination_location(reader: _Reader) -> Optional[str]:
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
    return _values(text, {*WORKSPACE_VARIABLES, "ACCSYN_API_USER", "ACCSYN_API_KEY", "ACCSYN_PROXY"})


def ftrack_credentials(text: str) -> dict[str, str]:
    """Return ftrack's variables in the credentials file's *text*, for what has none in its environment."""
    return {name: value for name, value in _values(text, set(FTRACK_VARIABLES)).items() if value}


def _values(text: str, wanted: set[str]) -> dict[str, str]:
    found = {}
    for line in text.lstrip("\ufeff").splitlines():  # Windows' editors mark UTF-8 in this way
        name, separator, value = line.strip().partition("=")
        value = value.strip()
        if separator and name.strip() in wanted:
            quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
            found[name.strip()] = value[1:-1] if quoted else value
    return found


def _require_credentials(reader: _Reader, workspace: Optional[str], unread: Optional[str]) -> None:
    """Report what is missing; *unread* is why a file with it could not be read, None where it was."""
    if unread is not None and reader.text(CREDENTIALS_PATH):
        what = f"the file it names cannot be read{f': {unread}' if unread else ''}."
        reader.report(CREDENTIALS_PATH, what, "Correct the path or the file's permissions.")
    reader.problems += _missing(workspace, reader.text("ACCSYN_API_USER"), reader.text("ACCSYN_API_KEY"))


def _missing(workspace: Optional[str], api_user: Optional[str], api_key: Optional[str]) -> list[Problem]:
    """Return a problem for each of accsyn's credentials that is not set."""
    wanted = (
        (workspace, WORKSPACE_VARIABLES[0], "Set it to the code of your accsyn workspace."),
        (api_user, "ACCSYN_API_USER", "Set it to your accsyn user name (e-mail address)."),
        (api_key, "ACCSYN_API_KEY", "Create an API key in accsyn and set it."),
    )
    return [Problem(variable, "is not set.", remedy) for value, variable, remedy in wanted if value is None]


def _log_level(reader: _Reader) -> Optional[int]:
    variable = f"{PREFIX}LOG_LEVEL"
    value = reader.text(variable)
    if value is None:
        return None
    if value.upper() in _LEVELS:
        return int(getattr(logging, value.upper()))
    reader.report(variable, f"{value!r} is no log level.", f"Set it to one of {', '.join(_LEVELS)}.")
    return None
