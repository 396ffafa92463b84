"""Checks every setting and connection one by one, for people and for scripts."""

from __future__ import annotations

from collections.abc import Iterator

from ftrack_accsyn_accessor.insight.doctor import local, servers
from ftrack_accsyn_accessor.insight.doctor.check import Check, Level, Subject, worst

__all__ = ["Check", "Level", "Subject", "as_text", "examine", "worst"]


def examine(subject: Subject) -> Iterator[Check]:
    """Yield the checks one after the other, each as soon as it is made. Asks both servers: takes seconds."""
    found: dict[str, str] = {}
    yield from local.versions()
    yield from local.settings(subject)
    yield from local.machine(subject)
    yield from servers.ftrack(subject, found)
    yield from servers.accsyn(subject, found)


def as_text(checks: Iterator[Check]) -> str:
    """Return *checks* as lines of plain text."""
    return "\n".join(f"{check.level.value:8}{check.name}: {check.text} {check.remedy}".rstrip() for check in checks)
