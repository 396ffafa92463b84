"""Makes a package again and again in processes of its own, each killed before another change that it makes on the disk.

Called with the folder of the volume, a file with pickled contents, and a name for vendors. Prints a JSON list with what
lies in the vendor's folder after each kill and after the next try, until a process gets to its end.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
from pathlib import Path
from typing import Any

from ftrack_accsyn_accessor.model import vendors
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.settings import read
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.vendor import package
from ftrack_accsyn_accessor.vendor.contents import Contents
from ftrack_accsyn_accessor.vendor.means import Means

_CHANGES = frozenset({"os.mkdir", "os.rename", "os.link", "os.remove", "os.utime", "os.truncate"})


def arm(count: int) -> None:
    """Have this process killed before its change number *count* (0 for the first) on the disk."""
    left = [count]

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & (os.O_CREAT | os.O_WRONLY))
        if event in _CHANGES or writes:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

    sys.addaudithook(heard)


def tried(means: Means, contents: Contents, vendor: str, count: int) -> int:
    """Make the package in a process of its own; return how that ended, as `os.waitpid` tells it."""
    child = os.fork()
    if not child:
        try:
            if count >= 0:
                arm(count)
            package.assemble(means, contents, vendor)
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent is told, and nothing else of it runs
            os.write(2, f"{vendor}: {error}\n".encode())
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def lying(folder: Path) -> dict[str, str]:
    """Return what lies in *folder*, without what accsyn passes over."""
    files = (each for each in folder.rglob("*") if each.is_file() and ".ACCSYN_TMP." not in each.name)
    return {os.fspath(each.relative_to(folder)): each.read_bytes().hex() for each in files}


def main(root: str, pickled: str, name: str) -> None:
    """Do it."""
    contents: Contents = pickle.loads(Path(pickled).read_bytes())
    means = Means(read({}), VendorRules(root=root), FtrackCredentials("", "", ""))
    found, count, status = [], 0, -1
    while status:
        vendor = f"{name}{count}@kill.test"
        folder = Path(root, vendors.places(means.rules, contents.project, vendor).to_folder)
        status = tried(means, contents, vendor, count)
        after_kill = lying(folder)
        again = tried(means, contents, vendor, -1)
        found.append({"status": status, "after": after_kill, "again": again, "then": lying(folder)})
        count += 1
    sys.stdout.write(json.dumps(found))


main(*sys.argv[1:])
