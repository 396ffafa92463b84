"""Keys and passwords that this process knows: the last place to keep them from whoever reads along."""

from __future__ import annotations

import json
import os
import urllib.parse
from collections.abc import Iterator

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model.credentials import server_login

#: Shorter ones would star every other word.
_LEAST = 8
_NAMED = ("KEY", "PASSWORD", "TOKEN", "SECRET")
_OURS = ("ACCSYN_", "FTRACK_")
_ADDRESSES = ("FTRACK_SERVER", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def known() -> tuple[str, ...]:
    """Return each secret of this process in every form in which it may appear, the longest first."""
    forms: set[str] = set()
    for secret in _values():
        if len(secret) >= _LEAST:
            forms |= {secret, urllib.parse.quote(secret), json.dumps(secret)[1:-1]}
    return tuple(sorted(forms, key=len, reverse=True))


def concealed(text: str, secrets: tuple[str, ...]) -> str:
    """Return *text* with stars in place of each of *secrets*."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _values() -> Iterator[str]:
    current = environment.read_settings()
    yield current.api_key or ""
    yield environment.ftrack_key()
    addresses = [current.proxy or ""]
    for name, value in os.environ.items():
        if name.upper() in _ADDRESSES:
            addresses.append(value)
        elif name.startswith(_OURS) and any(word in name for word in _NAMED):
            yield value.strip()
    for address in addresses:
        _, password = server_login(address)
        yield from (password, urllib.parse.unquote(password))
