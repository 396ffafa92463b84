"""The truth of a studio: what ftrack says is staged, what accsyn's jobs hold, and what lies at head quarters."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from fault.support_jobs import content
from ftrack_accsyn_accessor.model import tasks as carried
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outbox_path
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT

HOOK = ROOT / "hook"


def environment(studio: Studio) -> dict[str, str]:
    """The environment of a host on the artist's machine, the plugin in it."""
    return {**studio.environment(), "FTRACK_EVENT_PLUGIN_PATH": str(HOOK)}


def outbox(studio: Studio) -> Outbox:
    """The outbox of the artist's staging area."""
    path = outbox_path(None, str(studio.staging))
    assert path.is_file(), path
    return Outbox(path)


def staging_location(studio: Studio) -> dict[str, Any]:
    """The one location that the plugin has made."""
    (location,) = [
        row
        for row in studio.ftrack.store.find("Location")
        if str(row.get("description")).startswith("Local staging area")
    ]
    return location


def registered(studio: Studio) -> dict[str, dict[str, str]]:
    """What ftrack says is in the staging location: component (with its members, at any depth) -> file name -> path."""
    store = studio.ftrack.store
    rows = store.find("ComponentLocation", location_id=staging_location(studio)["id"])
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        component = store.get("Component", row["component_id"])
        assert component is not None
        top, names = component, [_name(component)]
        while top.get("container_id"):
            parent = store.get("Component", top["container_id"])
            assert parent is not None
            top = parent
            names.insert(0, _name(top))
        files = found.setdefault(top["id"], {})
        if component["__entity_type__"] == "FileComponent":
            files["/".join(names)] = row["resource_identifier"]
    return found


def _name(component: dict[str, Any]) -> str:
    return str(component["name"])


def submitted(studio: Studio) -> Counter[tuple[str, str]]:
    """What accsyn's jobs hold: (component, source text) -> number of tasks."""
    tasks = [task for job in studio.accsyn.workspace.jobs() for task in job.tasks]
    return Counter((task.metadata[carried.COMPONENT_ID], task.source) for task in tasks)


def assert_nothing_lost_or_doubled(studio: Studio, timeout_s: float = 20.0) -> None:
    """Compare ftrack, accsyn and head quarters, component by component and byte by byte."""
    in_ftrack, in_accsyn = registered(studio), submitted(studio)
    assert {component for component, _ in in_accsyn} == set(in_ftrack)
    assert [task for task, count in in_accsyn.items() if count > 1] == []
    sources = Counter(source for _, source in in_accsyn)
    assert [source for source, count in sources.items() if count > 1] == []
    names = Counter(job.name for job in studio.accsyn.workspace.jobs())
    assert [name for name, count in names.items() if count > 1] == []
    studio.accsyn.engine.wait_idle(timeout_s)
    assert_arrived(studio, in_ftrack)
    counts = outbox(studio).counts()
    assert sum(counts[state] for state in (State.PREPARED, State.PENDING, State.NEEDS_ATTENTION)) == 0, counts


def assert_arrived(studio: Studio, in_ftrack: dict[str, dict[str, str]]) -> None:
    """Every file that ftrack knows of lies at head quarters, with the content of its source."""
    originals = {content_of(studio, path) for files in in_ftrack.values() for path in files.values()}
    assert None not in originals


def content_of(studio: Studio, path: str) -> bytes:
    """Return the content of *path* at head quarters; it must be that of the staging area."""
    arrived = (studio.hq / path).read_bytes()
    assert arrived == (studio.staging / path).read_bytes(), path
    return arrived


def unfinished(studio: Studio) -> list[Path]:
    """Files under a name that readers take for finished, whose content is no source's."""
    known = {len(content("any"))}
    return [
        path
        for path in studio.staging.rglob("*")
        if path.is_file() and ".ftrack-accsyn" not in path.parts and not path.name.startswith(".")
        if path.stat().st_size not in known
    ]
