"""A SQLite that cannot keep an outbox is refused in words when the plugin is loaded."""

from __future__ import annotations

import sqlite3

import pytest

from ftrack_accsyn_accessor.outbox import engine


def test_sqlite_of_this_python_will_do() -> None:
    engine.require(sqlite3.sqlite_version_info, engine._options())


@pytest.mark.parametrize("version", [(3, 7, 17), (3, 8, 2), (2, 8, 17)])
def test_older_sqlite_is_refused_with_both_versions(version: tuple[int, ...]) -> None:
    with pytest.raises(ImportError, match=rf"SQLite {'.'.join(map(str, version))}; the plugin needs 3\.8\.3"):
        engine.require(version, frozenset())


def test_sqlite_for_one_thread_is_refused() -> None:
    with pytest.raises(ImportError, match="several threads cannot use"):
        engine.require((3, 40, 0), frozenset({"THREADSAFE=0"}))
    engine.require((3, 8, 3), frozenset({"THREADSAFE=1"}))
