"""Loads accsyn's Python client as a private copy, without what importing it does to the host.

Importing `accsyn_api` configures the root logger and silences urllib3's TLS warnings in the whole process, and
releases 3.2 to 3.4 cannot be imported on CPython 3.9 at all (accsyn fact sheet, section 2). So its text is executed
here, with postponed annotations, and every module that it imports is a stand-in through which nothing of the host can
be changed. Other users of `accsyn_api` in the host neither see nor share the copy.

The text is never turned into a syntax tree: CPython 3.11 counts the depth of trees once for all threads, so that one
made here might break another that the host makes at the same moment.
"""

from __future__ import annotations

import builtins
import collections
import contextlib
import dataclasses
import functools
import importlib.machinery
import logging
import os
import sys
import types
from typing import Any, Optional

from ftrack_accsyn_accessor.model.errors import NotReady

PACKAGE = "accsyn_api"

_TRIED = "load accsyn's Python client"
_REMEDY = "Install accsyn-python-api 3 for this Python, or reinstall the plugin, which carries it."
_PRIVATE = f"{__name__}.private_{PACKAGE}"
#: What changes the whole process, in whichever module it is found.
_DISTURBING = frozenset(
    {
        *("basicConfig", "captureWarnings", "disable", "disable_warnings", "filterwarnings", "load_dotenv", "register"),
        *("resetwarnings", "setdefaulttimeout", "setLoggerClass", "signal", "simplefilter"),
    }
)
_WRITERS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log"})

_logger = logging.getLogger(f"{__name__}.{PACKAGE}")


@dataclasses.dataclass(frozen=True)
class Library:
    """The loaded client: its own word for its version, the file it came from, and its Session class."""

    version: str
    origin: str
    session_class: type


@functools.lru_cache(maxsize=1)
def load() -> Library:
    """Return the client library that `find` found, else the one on `sys.path`, loaded once for the process.

    May be called from any thread: two at once would load two equal copies. Raises NotReady when there is none, or
    none that works.
    """
    spec = _spec()
    try:
        module = _execute(spec)
        return Library(str(module.__version__), str(spec.origin), module.Session)
    except Exception as error:  # noqa: BLE001 - whatever a foreign module does wrong while it loads, the host must live
        failure = NotReady(_TRIED, str(spec.origin), f"{type(error).__name__}: {error}".rstrip(": "), _remedy(error))
    raise failure


def _remedy(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "Let this application have more memory."
    lacks = isinstance(error, ModuleNotFoundError) and getattr(sys, "frozen", False)
    return "Freeze this application with that module." if lacks else _REMEDY


def find() -> None:
    """Find the client on the `sys.path` of this moment, which a host may restore before it is loaded; never raises.

    Where there is none, `load` looks again.
    """
    with contextlib.suppress(Exception):
        _spec()


@functools.lru_cache(maxsize=1)
def _spec() -> importlib.machinery.ModuleSpec:
    """Return the spec of the client's `session` module on `sys.path`; nothing of the client is executed."""
    package = importlib.machinery.PathFinder.find_spec(PACKAGE)
    folders = package.submodule_search_locations if package is not None else None
    spec = importlib.machinery.PathFinder.find_spec(f"{PACKAGE}.session", list(folders)) if folders else None
    if spec is None:
        raise NotReady(_TRIED, outcome=f"the Python package {PACKAGE} is not installed", remedy=_REMEDY)
    return spec


def _execute(spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
    """Return a module that ran the source of *spec* under a private name.

    No byte code file is read or written: a cached one would hold the original, or spoil it for others.
    """
    package = types.ModuleType(_PRIVATE)
    package.__path__ = [os.path.dirname(str(spec.origin))]  # where its relative imports look
    sys.modules[_PRIVATE] = package
    module = types.ModuleType(f"{_PRIVATE}.session")
    module.__package__ = _PRIVATE
    module.__file__ = spec.origin
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import}
    code = compile(
        _source(spec),
        str(spec.origin),
        "exec",
        flags=annotations.compiler_flag,  # what the statement at the top of this module imports
        dont_inherit=True,
    )
    exec(code, vars(module))  # noqa: S102 - this is the import of an installed package
    return module


def _source(spec: importlib.machinery.ModuleSpec) -> str:
    loader: Any = spec.loader
    source: Optional[str] = loader.get_source(f"{PACKAGE}.session")
    if source is None:
        raise ImportError("only byte code is there, not its source")
    return source


def _import(name: str, *arguments: Any, **options: Any) -> types.ModuleType:
    """Import for the client what its statement asks for, and give it a stand-in."""
    return _tame(importlib.__import__(name, *arguments, **options))


def _tame(module: types.ModuleType) -> types.ModuleType:
    if module.__name__.startswith(_PRIVATE):
        return module
    return _Logging(module) if module is logging else _Tame(module)


class _Tame(types.ModuleType):
    """Stands in for a module: gives all that is in it but what changes the process; what is set here, stays here."""

    def __init__(self, module: types.ModuleType) -> None:
        super().__init__(module.__name__)
        self._module = module
        if module is os:
            self.environ = collections.ChainMap({}, os.environ)  # its writes go to the first

    def __getattr__(self, name: str) -> Any:
        if name in _DISTURBING:
            return _nothing
        value = getattr(self._module, name)
        return _tame(value) if isinstance(value, types.ModuleType) else value


class _Logging(_Tame):
    """Stands in for `logging`, whose functions write through the root logger: these write through ours."""

    root = _logger

    def getLogger(self, name: str = "") -> logging.Logger:  # noqa: N802 - it is called like this
        return _logger.getChild(name) if name else _logger

    def __getattr__(self, name: str) -> Any:
        return getattr(_logger, name) if name in _WRITERS else super().__getattr__(name)


def _nothing(*_: Any, **__: Any) -> None:
    pass
