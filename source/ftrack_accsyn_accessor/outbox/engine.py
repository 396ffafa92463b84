"""Whether this Python can keep an outbox at all: frozen applications may come without SQLite, or with an old one."""

from __future__ import annotations

try:
    import sqlite3
except ImportError as reason:
    text = f"this application's Python comes without SQLite ({reason}), in which the plugin keeps what is to be sent"
    raise ModuleNotFoundError(text, name="sqlite3") from reason

#: Tables without row ids and recursive queries came with it.
OLDEST = (3, 8, 3)


def require(version: tuple[int, ...], options: frozenset[str]) -> None:
    """Raise ImportError where SQLite of *version*, compiled with *options*, cannot keep an outbox."""
    if version < OLDEST:
        found, wanted = (".".join(map(str, each)) for each in (version, OLDEST))
        raise ImportError(
            f"this application's Python comes with SQLite {found}; the plugin needs {wanted} or a later one"
        )
    if "THREADSAFE=0" in options:
        raise ImportError("this application's Python comes with a SQLite that several threads cannot use")


def _options() -> frozenset[str]:
    connection = sqlite3.connect(":memory:")
    try:
        return frozenset(str(row[0]) for row in connection.execute("PRAGMA compile_options"))
    finally:
        connection.close()


require(sqlite3.sqlite_version_info, _options())
