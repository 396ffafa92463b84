"""Vendors: what a studio has settled about handing work out, and what their folders and shares are called. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import string
import unicodedata
from typing import NamedTuple

from ftrack_accsyn_accessor.model.naming import unsafe_on_windows

#: What is certain to be allowed in the code of a share (workflow facts, section 2).
_LONGEST_CODE = 32
#: Of A to Z alone: Python makes one letter of several that are not the same (the sign of Kelvin, a sharp s).
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NO_FOLDER = re.compile(r'[/\\:*?"<>|]|^[ .]|[ .]$')
#: How names end that we have made.
_DIGESTED = re.compile(r"-[0-9a-f]{8}$", re.IGNORECASE)
_LONGEST_NAME = 100
_READABLE = 40
_ALLOWED = re.compile(r"[^a-z0-9_]+")
_DIGEST = 8


@dataclasses.dataclass(frozen=True)
class VendorRules:
    """What the file that FTRACK_ACCSYN_VENDORS names says; what it leaves out is as here.

    Folders are relative to the volume; in them, and in codes, `{project}` is the project's name and `{vendor}` that of
    `vendor_name`. `root` is where this machine sees the volume, empty for where accsyn says that this platform does.
    `production` is the party (`site=internal`) of the storage that work comes from and is published to, where that is
    not the main site; then the main site is a relay, and both ways have two legs. `location` is the ftrack location in
    which accepted versions are registered, empty for where accsyn's ftrack integration has files registered. `group` is
    the ftrack group whose members are outsourced to by assignment. `notes_label` is the ftrack label of the notes that
    go to vendors, empty for all. `components` are names, wildcards allowed, none for all. `status_out` and `status_in`
    are names of statuses of tasks and of versions, empty for none; `closed` are those of tasks that are over besides
    all whose state is done. `types` are the allowed extensions with their dots, empty for all that no system runs.
    `spool` is the folder of what is not finished, empty for one in the state folder.
    """

    to_folder: str = "{project}/_vendors/{vendor}/to"
    from_folder: str = "{project}/_vendors/{vendor}/from"
    publish_folder: str = "{project}/_vendors/{vendor}/publish"
    quarantine_folder: str = "{project}/_vendors/{vendor}/quarantine"
    to_code: str = "{project}-to-{vendor}"
    from_code: str = "{project}-from-{vendor}"
    root: str = ""
    production: str = ""
    location: str = ""
    group: str = ""
    components: tuple[str, ...] = ()
    with_used: bool = True
    deliverables: tuple[str, ...] = ("main",)
    naming: str = "{shot}_{task}_v{version:03d}"
    handles: int = 0
    colour_space: str = ""
    guidelines: str = ""
    notes_label: str = ""
    types: tuple[str, ...] = ()
    comment: bool = False
    time_report: bool = True
    status_out: str = ""
    status_in: str = ""
    closed: tuple[str, ...] = ("Omitted",)
    grace_days: float = 7.0
    home_share: bool = False
    message: str = ""
    queue: str = ""
    spool: str = ""
    most_files: int = 20_000
    most_depth: int = 32


class Places(NamedTuple):
    """What one vendor has in one project: folders relative to the volume, and the codes of the two shares."""

    to_folder: str
    from_folder: str
    publish_folder: str
    quarantine_folder: str
    to_code: str
    from_code: str


def places(rules: VendorRules, project: str, vendor: str) -> Places:
    """Return the folders and codes of the user *vendor* (e-mail address) in the project of this name.

    Two projects, or two vendors, never have one of them in common, on a disk that tells names apart by their case.
    """
    names = {"project": project_folder(project), "vendor": vendor_name(vendor)}
    folders = (rules.to_folder, rules.from_folder, rules.publish_folder, rules.quarantine_folder)
    codes = (("to", rules.to_code), ("from", rules.from_code))
    return Places(
        *(folder.format(**names) for folder in folders),
        *(_code(code.format(**names), json.dumps([way, project, lowered(vendor)])) for way, code in codes),
    )


def vendor_name(address: str) -> str:
    """Return what folders of the user with this e-mail address are called: "vendor-x-y", with a digest after it.

    The digest tells apart addresses that look the same without what folders cannot be called by.
    """
    return f"{_readable(address) or 'vendor'}-{_digest(lowered(address))}"


def project_folder(name: str) -> str:
    """Return what the folder of the project of this name is called: the same, wherever a folder can be called so.

    Another name gets a digest, as does what such a one could be taken for.
    """
    if name.strip() and not (_NO_FOLDER.search(name) or unsafe_on_windows(name) or _DIGESTED.search(name)):
        printable = all(unicodedata.category(letter)[0] not in "CZ" for letter in name.replace(" ", ""))
        if printable and len(name) <= _LONGEST_NAME and unicodedata.is_normalized("NFC", name):
            return name
    return f"{_readable(name) or 'project'}-{_digest(name)}"


def _code(text: str, identity: str) -> str:
    plain = _ALLOWED.sub("-", text.casefold()).strip("-")
    return f"{plain[: _LONGEST_CODE - _DIGEST - 1].rstrip('-')}-{_digest(identity)}"


def _readable(text: str) -> str:
    return _ALLOWED.sub("-", text.strip().casefold()).strip("-")[:_READABLE].rstrip("-")


def lowered(address: str) -> str:
    """Return an e-mail address as it is compared: only A to Z have two cases."""
    return address.strip().translate(_LOWER)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
