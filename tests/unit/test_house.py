"""The house of the design, read from the imports themselves: rooms import only rooms below them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from helpers import ROOT

PLUGIN, SANDBOX = "ftrack_accsyn_accessor", "ftrack_accsyn_sandbox"
SOURCE = ROOT / "source"

#: Rooms of one floor do not know each other. The ground (names without a folder) is for everybody.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"model"}),
    frozenset({"ground"}),
    frozenset({"outbox", "workspace"}),
    frozenset({"staging", "ftrack"}),
    frozenset({"upkeep"}),
    frozenset({"worker"}),
    frozenset({"insight"}),
    frozenset({"send"}),
    frozenset({"vendor"}),
    frozenset({"actions"}),
    frozenset({"cli", "connect"}),
    frozenset({"plugin"}),
)
GROUND = frozenset(
    {"announce", "background", "cloning", "copying", "environment", "files", "machine", "network", "_version"}
)
#: What a pure room has no use for: files, networks, clocks, threads, and the two clients.
IMPURE = {
    *("accsyn_api", "ftrack_api", "asyncio", "concurrent", "filelock", "http", "io", "multiprocessing", "queue"),
    *("random", "requests", "sched", "select", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl"),
    *("subprocess", "tempfile", "threading", "time", "urllib", "urllib3"),
}


@cache
def modules(package: str) -> dict[str, Path]:
    """Module name -> file."""
    found = {}
    for path in (SOURCE / package).rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of each import of a file, those for type checkers and those inside functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


@cache
def graph(package: str) -> dict[str, set[str]]:
    """Module -> the modules of the same package that it imports."""
    known = modules(package)
    found: dict[str, set[str]] = {}
    for name, path in known.items():
        targets = {f"{module}.{what}" if f"{module}.{what}" in known else module for module, what in imported(path)}
        found[name] = (targets & known.keys()) - {name}
    return found


def room(module: str) -> str:
    """Return the room of a module of the plugin; the root of the package only re-exports."""
    parts = module.split(".")[1:]
    if not parts:
        return "root"
    return "ground" if parts[0] in GROUND else parts[0]


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Return each circle that a walk along *edges* meets, by its members."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, trail: list[str]) -> None:
        if name in trail:
            found.append([*trail[trail.index(name) :], name])
            return
        if name in done:
            return
        for target in sorted(edges[name]):
            walk(target, [*trail, name])
        done.add(name)

    for name in sorted(edges):
        walk(name, [])
    return found


@pytest.mark.parametrize("package", [PLUGIN, SANDBOX])
def test_no_circle_leads_from_a_module_back_to_itself(package: str) -> None:
    edges = graph(package)
    if package == PLUGIN:  # Its root only offers names, and what is inside must not fetch them there.
        edges = {name: targets - {PLUGIN} for name, targets in edges.items() if name != PLUGIN}
    assert circles(edges) == []


def test_every_room_stands_on_a_floor() -> None:
    assert {room(name) for name in modules(PLUGIN)} - {"root"} == {name for rooms in FLOORS for name in rooms}


@pytest.mark.parametrize("module", sorted(modules(PLUGIN)))
def test_a_module_imports_only_from_its_own_room_and_from_rooms_below(module: str) -> None:
    here = room(module)
    if here == "root":
        return
    above = {
        target
        for target in graph(PLUGIN)[module]
        if room(target) not in (here, "root") and floor(room(target)) >= floor(here)
    }
    assert above == set()


@pytest.mark.parametrize("module", sorted(name for name in modules(PLUGIN) if room(name) == "model"))
def test_a_module_of_the_model_knows_no_world(module: str) -> None:
    used = {name.partition(".")[0] for name, _ in imported(modules(PLUGIN)[module])}
    assert used & IMPURE == set()


def test_only_the_workspace_knows_accsyns_client() -> None:
    users = {room(name) for name, path in modules(PLUGIN).items() if any(m == "accsyn_api" for m, _ in imported(path))}
    assert users <= {"workspace"}


def test_looking_at_the_outbox_loads_no_thread() -> None:
    """A read-only status must not bring the worker with it."""
    edges = graph(PLUGIN)
    reached, waiting = set(), [f"{PLUGIN}.insight.status", f"{PLUGIN}.insight.installation"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += edges[name]
    assert {name for name in reached if room(name) == "worker"} == set()


def test_the_accessor_is_offered_at_the_root() -> None:
    from ftrack_accsyn_accessor import AccsynAccessor
    from ftrack_accsyn_accessor.staging import accessor

    assert AccsynAccessor is accessor.AccsynAccessor
