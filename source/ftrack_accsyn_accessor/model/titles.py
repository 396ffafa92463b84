"""What people call an item, so that it can be told from others, and what they type to mean it. Pure."""

from __future__ import annotations

import functools
import posixpath
import re
import unicodedata

from ftrack_accsyn_accessor.model.printable import visible

_NUMBER = re.compile(r" v\d+$")


def title(project: str, context: str, version: str, component: str, path: str, destination: str = "") -> str:
    """Return the title of an item: "show_a sq010/sh010 comp v001 main", on one line.

    *context* holds the names between project and asset, *version* the asset and its version. What has no *component*
    is called by its *path*, and what hangs on neither project nor version by both. *destination* is where it was asked
    to go, empty for what was published.
    """
    hangs = component and (project or version)
    names = (project, context, version, component) if hangs else (component, path)
    return " ".join(" ".join((*names, f"to {destination}" if destination else "")).split())


def key(text: str, any_case: bool = False) -> str:
    """Return what is equal for all ways in which *text* may be typed: other blanks, another Unicode form.

    Controls may be typed as they are shown. With *any_case* it is equal for all cases as well.
    """
    line = unicodedata.normalize("NFC", visible(" ".join(text.split())))
    return unicodedata.normalize("NFC", line.casefold()) if any_case else line


def tokens(text: str) -> frozenset[str]:
    """Return the words of a `key`; those of a context, or of a path, are words of their own."""
    return frozenset(text.replace("/", " ").split())


def context_in(identifier: str, version: str) -> str:
    """Return the folders between project and asset in a resource identifier: "sq010/sh010" with ftrack's own structure.

    For what was written down without its context. Those that *version* is called by are left out: "sh010 plate v003".
    """
    folders = posixpath.dirname(identifier.replace("\\", "/")).strip("/").split("/")
    asset = _plain(_NUMBER.sub("", version))
    names = [_plain(folder) for folder in folders]
    for number in range(1, len(names) if asset else 0):
        if names[number] == asset:
            return "/".join(folders[1:number])
        if number > 1 and f"{names[number - 1]}{names[number]}" == asset:
            return "/".join(folders[1 : number - 1])
    return ""


@functools.lru_cache(maxsize=1024)
def _plain(name: str) -> str:
    """Return *name* without what structures replace or drop."""
    return "".join(each for each in unicodedata.normalize("NFKD", name.casefold()) if each.isalnum())
