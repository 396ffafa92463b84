"""Folders of shots and tasks, by a template such as `{project}/{sequence}/{shot}/scans`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
#: What would lead out of the folder that the name stands in, or into another one.
_AWKWARD = re.compile(r'[/\\:*?"<>|\x00-\x1f]|^\.{1,2}$|^\s*$')


def fill(template: str, names: Mapping[str, str]) -> tuple[str, str]:
    """Return the folder that *template* stands for, or (empty, why there is none).

    *names* are those of what lies above, by the type in lower case, `_` for blanks: project, sequence, asset_build.
    """
    wanted = _PLACEHOLDER.findall(template)
    missing = [name for name in wanted if not names.get(name)]
    if missing:
        return "", f"it is in no {' and no '.join(missing)}"
    awkward = [names[name] for name in wanted if _AWKWARD.search(names[name])]
    if awkward:
        return "", f"no folder can be called {awkward[0]}"
    return _PLACEHOLDER.sub(lambda found: names[found.group(1)], template), ""
