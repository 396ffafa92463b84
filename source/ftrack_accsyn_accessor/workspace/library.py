"""Loads accsyn's Python client as a private copy, without what importing it does to the host.

Importing `accsyn_api` configures the root logger and silences urllib3's TLS warnings in the whole process, and
releases 3.2 to 3.4 cannot be imported on CPython 3.9 at all (accsyn fact sheet, section 2). So its source is compiled
here, in memory, with those two statements left out and with postponed annotations. Other users of `accsyn_api` in the
host neither see nor share the copy.
"""

from __future__ import annotations

import ast
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
_SIDE_EFFECTS = frozenset({"basicConfig", "disable_warnings"})

_logger = logging.getLogger(f"{__name__}.{PACKAGE}")


@dataclasses.dataclass(frozen=True)
class Library:
    """The loaded client: its own word for its version, the file it came from, and its Session class."""

    version: str
    origin: str
    session_class: type


@functools.lru_cache(maxsize=1)
def load() -> Library:
    """Return the client library found on `sys.path`, loaded once for the process.

    May be called from any thread: two at once would load two equal copies. Raises NotReady when there is none, or
    none that works.
    """
    spec = _find()
    try:
        module = _execute(spec)
        return Library(str(module.__version__), str(spec.origin), module.Session)
    except Exception as error:  # noqa: BLE001 - whatever a foreign module does wrong while it loads, the host must live
        failure = NotReady(_TRIED, str(spec.origin), f"{type(error).__name__}: {error}", _REMEDY)
    raise failure


def _find() -> importlib.machinery.ModuleSpec:
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
    source = _source(spec)
    package = types.ModuleType(_PRIVATE)
    package.__path__ = [os.path.dirname(str(spec.origin))]  # where its relative imports look
    sys.modules[_PRIVATE] = package
    module = types.ModuleType(f"{_PRIVATE}.session")
    module.__package__ = _PRIVATE
    module.__file__ = spec.origin
    code = compile(
        without_side_effects(source),
        str(spec.origin),
        "exec",
        flags=annotations.compiler_flag,  # what the statement at the top of this module imports
        dont_inherit=True,
    )
    exec(code, vars(module))  # noqa: S102 - this is the import of an installed package
    vars(module)["logging"] = _logger  # the client calls logging.warning(..) and the like, which is the root logger
    return module


def _source(spec: importlib.machinery.ModuleSpec) -> str:
    loader: Any = spec.loader
    source: Optional[str] = loader.get_source(f"{PACKAGE}.session")
    if source is None:
        raise ImportError("only byte code is there, not its source")
    return source


def without_side_effects(source: str) -> ast.Module:
    """Return *source* parsed, without module-level statements that configure logging or silence warnings."""
    tree = ast.parse(source)
    tree.body = [statement for statement in tree.body if not _has_side_effect(statement)]
    return tree


def _has_side_effect(statement: ast.stmt) -> bool:
    if not isinstance(statement, (ast.Expr, ast.If, ast.Try)):
        return False
    calls = (node.func for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Attribute) and called.attr in _SIDE_EFFECTS for called in calls)
