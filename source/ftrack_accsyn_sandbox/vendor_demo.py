"""A vendor with nothing but accsyn's own client and key: tries what may be reached, and uploads by hand.

Knows nothing of the plugin and of ftrack: it uses `accsyn_api` and is told by the environment who it is.

    vendor_demo.py may PLACE...
    vendor_demo.py upload SOURCE DESTINATION

Prints one line of JSON at its end: for each place "", "r", "w" or "rw", or the id of the upload. What it makes to try
a place is taken away again.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from typing import Any, Callable

from accsyn_api import Session
from accsyn_api.session import AccsynException


def main(verb: str, *words: str) -> None:
    """Do what *verb* says."""
    with contextlib.redirect_stdout(io.StringIO()):  # the client prints what it is refused
        names = {"workspace": "WORKSPACE", "username": "API_USER", "api_key": "API_KEY", "proxy": "PROXY"}
        session = Session(**{name: os.environ[f"ACCSYN_{variable}"] for name, variable in names.items()})
        told = upload(session, *words) if verb == "upload" else {place: may(session, place) for place in words}
    sys.stdout.write(json.dumps(told) + "\n")


def upload(session: Any, source: str, destination: str) -> str:
    """Upload a file or folder, and return the id of the job. Raises AccsynException."""
    task = {"source": source, "destination": destination}
    return str(session.create("Transfer", {"code": "by hand", "tasks": [task]})["id"])


def may(session: Any, place: str) -> str:
    """Return what accsyn lets this user do at *place*."""
    reads = _works(lambda: session.ls(place))
    writes = _works(lambda: session.mkdir(f"{place}/probe")) and _works(lambda: session.delete(f"{place}/probe"))
    return f"{'r' if reads else ''}{'w' if writes else ''}"


def _works(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except AccsynException:
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
