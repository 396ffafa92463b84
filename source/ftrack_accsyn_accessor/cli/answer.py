"""What scripts read: one object of JSON for each answer of a verb, and for each error. Needs no library.

Each has the key `schema`. Its number grows when a key goes or changes its meaning; new keys may come at any time.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ftrack_accsyn_accessor.cli import secrets
from ftrack_accsyn_accessor.model.plain import as_json

SCHEMA = 1
OPTION = "--json"


def wanted(arguments: Sequence[str]) -> bool:
    """Whether *arguments*, which may be wrong in all else, ask for JSON."""
    meant = list(arguments)
    return OPTION in (meant[: meant.index("--")] if "--" in meant else meant)


def print_json(value: Mapping[str, Any]) -> None:
    """Print *value* and its schema as one line of JSON, which has no letter that any code page lacks."""
    text = as_json({"schema": SCHEMA, **value}, ascii_only=True)
    sys.stdout.write(f"{secrets.concealed(text, secrets.known())}\n")
    sys.stdout.flush()


def print_error(kind: str, message: str, exit_code: int, remedy: str = "") -> None:
    """Print why a verb has no answer, and the code with which it ends."""
    told = {"kind": kind, "message": message, **({"remedy": remedy} if remedy else {}), "exit_code": exit_code}
    print_json({"error": told})
