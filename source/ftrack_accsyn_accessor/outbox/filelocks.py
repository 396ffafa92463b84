"""The library `filelock`: the host's own, or where that is too old, a private copy of what the plugin carries."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import filelock as _hosts

#: Older ones do not know whether a lock is a thread's or the process's.
_NEEDED = (3, 12)
_PRIVATE = f"{__name__}.private_filelock"
#: Where the archive carries it: beside this package.
_CARRIED = Path(__file__).parents[2] / "filelock" / "__init__.py"


def fitting(hosts: ModuleType, carried: Path) -> ModuleType:
    """Return *hosts*, or where that is too old, what is *carried*; other users in the process neither see nor share it.

    Raise ImportError where neither can be used.
    """
    if _number(hosts) >= _NEEDED:
        return hosts
    if _PRIVATE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            _PRIVATE, carried, submodule_search_locations=[str(carried.parent)]
        )
        if spec is None or spec.loader is None or not carried.is_file() or str(carried) == hosts.__file__:
            needed = ".".join(map(str, _NEEDED))
            found = f"filelock {getattr(hosts, '__version__', 'without a version')}"
            raise ImportError(f"{found} of this Python is too old, {needed} is needed")
        sys.modules[_PRIVATE] = module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[_PRIVATE]
            raise
    return sys.modules[_PRIVATE]


def _number(library: ModuleType) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", str(getattr(library, "__version__", "")))[:2])


if TYPE_CHECKING:
    import filelock as filelock
else:
    filelock = fitting(_hosts, _CARRIED)
