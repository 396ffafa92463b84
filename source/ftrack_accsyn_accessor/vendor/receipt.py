"""What a vendor is told of a delivery: a receipt in their folder, and by accsyn's mail about it.

accsyn has no call for messages (workflow facts, section 4): a message is a small delivery of the file that holds it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from typing import Any, Optional

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.access import Standing, standing
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.submission import Severity, Verdict
from ftrack_accsyn_accessor.model.vendors import lowered, places
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.spool import RECEIPT

FOLDER = "receipts"
#: The form of receipts for programs.
FORM = 1
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_MOST_LINES = 200


@dataclasses.dataclass(frozen=True)
class Receipt:
    """What was made of a delivery: a `version` of an `asset`, or nothing. `at` is ISO 8601, in UTC."""

    key: str
    at: str
    project: str
    vendor: str
    verdict: Verdict
    asset: str = ""
    version: Optional[int] = None
    remarks: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The receipt as people read it; nothing in it is more than the vendor knows, or may know."""
        name = printable(self.verdict.name)
        if self.version is None:
            head = f"{name}: not accepted. It was put aside, whole; correct what is wrong and deliver it anew."
        else:
            head = f"{name}: accepted as {self.asset} v{self.version:03d}."
        lines = [head, f"Project {self.project}, looked at on {self.at}."]
        lines += _section("What was accepted:", self._accepted() if self.version is not None else [])
        for severity, title in ((Severity.WRONG, "What is wrong:"), (Severity.REMARK, "Remarks:")):
            found = [each for each in self.verdict.problems if each.severity is severity]
            told = [f"{printable(each.path)}: {each.text}" if each.path else each.text for each in found]
            lines += _section(title, [*told, *(self.remarks if severity is Severity.REMARK else ())])
        return "\n".join(lines) + "\n"

    @property
    def data(self) -> dict[str, Any]:
        """The receipt as programs read it."""
        files = [file for part in self.verdict.parts for file in part.files] if self.version is not None else []
        return {
            "form": FORM,
            "at": self.at,
            "project": self.project,
            "vendor": self.vendor,
            "name": self.verdict.name,
            "accepted": self.version is not None,
            "asset": self.asset,
            "version": self.version,
            "files": [{"path": each.path, "size_bytes": each.size_bytes, "sha256": each.sha256} for each in files],
            "problems": [dataclasses.asdict(each) for each in self.verdict.problems],
            "remarks": list(self.remarks),
        }

    def _accepted(self) -> list[str]:
        return [f"{part.name}: {printable(part.path)}, {_count(part.files)}" for part in self.verdict.parts]


def hand_over(means: Means, receipt: Receipt) -> str:
    """Leave a receipt in the vendor's folder and tell them of it; return why they could not be told, or nothing.

    As `tell_vendor`.
    """
    name = f"{_PLAIN.sub('-', receipt.verdict.name)[:60].strip('-.') or 'delivery'}-{digest(receipt.key)}"
    folder = f"{places(means.rules, receipt.project, receipt.vendor).to_folder}/{FOLDER}"
    content = json.dumps(receipt.data, indent=1)
    beside = f"{folder}/{name}.json"
    means.storage.write(beside, content.encode(), replace=True)
    return tell_vendor(means, receipt.vendor, receipt.project, receipt.words, name, (beside,))


def tell_vendor(
    means: Means, vendor: str, project: str, text: str, name: str = "", beside: tuple[str, ...] = ()
) -> str:
    """Leave *text* in the vendor's folder, and have accsyn send them word of it: by a delivery of that file alone.

    The same text again, or another one of this *name*, is not sent twice. Behind a relay it is kept in the spool, to be
    carried to accsyn's main site first, with what lies *beside* it. Return as `send_word`. Raise `errors.StorageError`,
    `errors.SpoolError`, and `errors.WorkspaceError` where accsyn cannot be asked.
    """
    name = name or f"message-{digest(text)}"
    path = f"{places(means.rules, project, vendor).to_folder}/{FOLDER}/{name}.txt"
    means.storage.write(path, text.encode("utf-8", "backslashreplace"), replace=True)
    if not means.rules.production:
        return send_word(means, vendor, project, path, name)
    data = {"vendor": vendor, "project": project, "path": path, "name": name, "beside": list(beside)}
    means.spool.put(RECEIPT, path, data)
    return ""


def send_word(means: Means, vendor: str, project: str, path: str, name: str) -> str:
    """Have accsyn send a vendor the message at *path* of the main site, once.

    Return why they could not be told, in a sentence, or nothing; one who was disabled is sent nothing, for that may
    enable them. Raise `errors.WorkspaceError` where accsyn cannot be asked.
    """
    try:
        user = next((each for each in means.workspace.people(vendor) if lowered(each.email) == vendor), None)
        if standing(user) not in (Standing.ENABLED, Standing.INVITED):
            how = standing(user).value
            return f"{vendor} is {how} in accsyn, so that nothing was sent: the receipt waits in their folder."
        title = f"{project} {name}"
        if means.workspace.find_delivery(title) is None:
            means.workspace.create_delivery(title, [f"volume={means.settings.volume}/{path}"], vendor)
    except (errors.Refused, errors.Unauthorised) as error:
        return f"accsyn sent them no word of it ({error.outcome.rstrip('.')}): the receipt waits in their folder."
    return ""


def _section(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    left = len(lines) - _MOST_LINES
    more = [f"- and {left:,} more"] if left > 0 else []
    return ["", title, *(f"- {line}" for line in lines[:_MOST_LINES]), *more]


def _count(files: Any) -> str:
    return "1 file" if len(files) == 1 else f"{len(files):,} files"


def digest(text: str) -> str:
    """Return what tells the names of messages apart: of two vendors, or two jobs, there are never two of one name."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
