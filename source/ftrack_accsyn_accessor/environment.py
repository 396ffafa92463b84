"""What the environment of this process says: the plugin's settings, and who is logged in to ftrack."""

from __future__ import annotations

import getpass
import logging
import os
from typing import Optional

from ftrack_accsyn_accessor import files, machine
from ftrack_accsyn_accessor.model import mapping, settings, slips, vendor_rules
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials, plain_server
from ftrack_accsyn_accessor.model.errors import SettingsError
from ftrack_accsyn_accessor.model.folders import expanded
from ftrack_accsyn_accessor.model.mapping import LocationMapping
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.model.vendors import VendorRules

try:
    import pwd
except ImportError:  # Windows
    pwd = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

#: Of a small file with settings.
_MOST_BYTES = 1_000_000


def read_settings() -> Settings:
    """Return the settings of this moment, from the environment and the credentials file that it names."""
    text, unread = _credentials()
    return settings.read(os.environ, text, unread=unread)


def read_locations(current: Settings) -> LocationMapping:
    """Return what the mapping file of *current* says of ftrack's locations, an empty mapping where none is named.

    Raise `errors.SettingsError` where it cannot be read, or where anything in it is wrong.
    """
    if current.locations is None:
        return LocationMapping()
    text = _written(current.locations, settings.LOCATIONS, "the mapping of locations")
    return mapping.read(text, current.locations, current.workspace or "", current.volume)


def read_vendors(current: Settings) -> VendorRules:
    """Return what the studio has settled about vendors, what it says nothing of as `VendorRules` has it.

    Raise `errors.SettingsError` where it cannot be read, or where anything in it is wrong.
    """
    if current.vendors is None:
        return VendorRules()
    text = _written(current.vendors, settings.VENDORS, "the rules for vendors")
    return vendor_rules.read(text, current.vendors, current.workspace or "")


def _credentials() -> tuple[Optional[str], str]:
    """Return the text of the credentials file that the environment names; None where there is none, and why."""
    value = slips.unquoted(os.environ.get(settings.CREDENTIALS_PATH, "").strip())
    if not value:
        return None, ""
    path = expanded(value)
    wrong = slips.left(path)
    return _text(path) if wrong is None else (None, wrong[0])


def _ftrack(variable: str) -> str:
    """Return what is set for ftrack: in the environment, or in the credentials file where that says nothing of it.

    Daemons and services have an environment of their own. A key is never taken from one and the server from the other.
    """
    if any(os.environ.get(name, "").strip() for name in ("FTRACK_SERVER", "FTRACK_API_KEY")):
        return os.environ.get(variable, "").strip()
    return os.environ.get(variable, "").strip() or settings.ftrack_credentials(_credentials()[0] or "").get(
        variable, ""
    )


def _written(path: str, variable: str, what: str) -> str:
    text, unread = _text(path)
    if text is None:
        raise SettingsError(f"read {what}", path, unread, f"Correct {variable} or the file's permissions.")
    return text


def _text(path: str) -> tuple[Optional[str], str]:
    """Return the text in the small file *path*; None where it cannot be read, and why."""
    try:
        return files.read_text(path, most_bytes=_MOST_BYTES), ""
    except OSError as error:
        return None, error.strerror or type(error).__name__
    except UnicodeDecodeError:  # its own words show a part of the file
        return None, "it is no text in UTF-8"
    except ValueError:
        return None, "no file can have this name"


def location_name(current: Settings, api_user: str) -> str:
    """Return the name that is set for a staging location, or that one of *api_user* (ftrack) gets on this machine.

    An area that had another one keeps it: see `outbox.locations`.
    """
    return settings.location_name(current, api_user, machine.hostname())


def account() -> str:
    """Return what the system calls the account that this process runs under; its number where it has no name."""
    if pwd is None:
        return os.environ.get("USERNAME") or "unknown"
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def owner(path: str) -> str:
    """Return what the system calls the account that *path* belongs to; empty where it does not tell, as on Windows."""
    try:
        number = os.stat(path).st_uid
        return "" if pwd is None else pwd.getpwuid(number).pw_name
    except OSError:
        return ""
    except KeyError:
        return f"user {number}"


def ftrack_user() -> str:
    """Return the ftrack user that a session of this process would have, as ftrack_api chooses it."""
    user = _ftrack("FTRACK_API_USER")
    if not user:
        try:
            user = getpass.getuser()
        except Exception:
            logger.debug("The user of this machine is not known.", exc_info=True)
    return user or ""


def ftrack_server() -> str:
    """Return which ftrack a session of this process would reach, as it may be shown; empty where none is set."""
    return plain_server(_address())


def _address() -> str:
    return _ftrack("FTRACK_SERVER").rstrip("/")


def ftrack_key() -> str:
    """Return the key that a session of this process would use at ftrack; empty where none is set."""
    return _ftrack("FTRACK_API_KEY")


def ftrack_credentials() -> FtrackCredentials:
    """Return how to reach ftrack, as a session of this process would; raise `errors.SettingsError` if it is not set."""
    found = {"FTRACK_SERVER": _address(), "FTRACK_API_KEY": ftrack_key()}
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise SettingsError("log in to ftrack", "", f"{' and '.join(missing)} not set", "Set what is missing.")
    meant, wrong = slips.server(found["FTRACK_SERVER"]), slips.key(found["FTRACK_API_KEY"])
    if meant != found["FTRACK_SERVER"]:
        remedy = f"Did you mean {meant}?" if meant else "Set it to the address of ftrack, with https://."
        outcome = f"FTRACK_SERVER is {plain_server(found['FTRACK_SERVER'])!r}, which is not the address of an ftrack"
        raise SettingsError("log in to ftrack", "", outcome, remedy)
    user = os.environ.get("FTRACK_API_USER", "").strip()
    if slips.unquoted(user) != user:
        outcome = f"FTRACK_API_USER is {user}, with quotes that count as a part of it"
        raise SettingsError("log in to ftrack", "", outcome, "Leave them out.")
    if wrong:
        remedy = "Copy the key anew, whole and by itself."
        raise SettingsError("log in to ftrack", "", f"FTRACK_API_KEY {wrong}", remedy)
    return FtrackCredentials(found["FTRACK_SERVER"], ftrack_user(), found["FTRACK_API_KEY"])
