"""A studio with vendors, and what its side works with; the studios are shared by the tests of a module."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import pytest
from accsyn_api import Session

from ftrack_accsyn_accessor.ftrack import outsourced
from ftrack_accsyn_accessor.model.handout import HandOut
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_sandbox.accsyn.entities import Acl, Job, Party, Share, User
from ftrack_accsyn_sandbox.studio import Studio

PROJECT, VENDOR, OTHER = "show_a", "vendor@acme.test", "other@vendor.test"


class Granting:
    """One test's view of a studio: what is in accsyn beyond the demo goes when the test ends."""

    def __init__(self, studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.studio = studio
        self.workspace = studio.demo.workspace
        self.store = studio.ftrack.store
        self._folder = folder
        for name, value in studio.environment("admin").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("FTRACK_ACCSYN_VENDORS", str(folder / "vendors.json"))
        studio.accsyn.log.clear()
        self._opened: list[Means] = []
        self._before = dict(self.workspace.entities)
        self._states = {each.id: (each.status, each.active) for each in self.workspace.entities.values()}
        self.rule()

    def rule(self, **rules: Any) -> Means:
        """Let *rules* hold, and return what works by them from now on."""
        (self._folder / "vendors.json").write_text(json.dumps(rules), encoding="utf-8")
        self.means = Means.here()
        self._opened.append(self.means)
        return self.means

    def close(self) -> None:
        """Close what was opened, and put the workspace back to what it was."""
        for row in self.store.find("Metadata"):
            self.store.delete("Metadata", row["parent_id"], row["key"])
        for means in self._opened:
            means.close()
        with self.workspace.changed:
            self.workspace.entities.clear()
            self.workspace.entities.update(self._before)
            for entity in self._before.values():
                entity.status, entity.active = self._states[entity.id]
            self.workspace.one_grant_per_share, self.workspace.sending_enables = True, False

    @property
    def vendor(self) -> User:
        return self.workspace.user(VENDOR)

    def share(self, code: str) -> Share:
        """Return the share with this code."""
        found = self.workspace.get(Share, code)
        assert found is not None
        return found

    def add_vendor(self, address: str = OTHER) -> User:
        """Add another vendor, who can log in."""
        return self.workspace.add_user(address, f"key-of-{address}", "standard")

    def grants(self, user: Optional[User] = None) -> dict[tuple[str, str], tuple[bool, bool]]:
        """Return what a user, the vendor, may read and write, by share and path."""
        user = user or self.vendor
        shares = {share.id: share.code for share in self.workspace.each(Share)}
        found = [acl for acl in self.workspace.each(Acl) if acl.user_id == user.id]
        assert len({(acl.share_id, acl.path) for acl in found}) == len(found)
        return {(shares[acl.share_id], acl.path): (acl.read, acl.write) for acl in found}

    def session(self, address: str = VENDOR) -> Session:
        """Return accsyn's own client, logged in as somebody."""
        key = self.workspace.user(address).api_key
        proxy = f"127.0.0.1:{self.studio.accsyn.port}"
        return Session(workspace=self.workspace.code, username=address, api_key=key, proxy=proxy)

    def tasks(self, project: str = PROJECT) -> list[str]:
        """Return the ids of the tasks of a project."""
        project_id = self.studio.ids[project]
        return [row["id"] for row in self.store.find("Task") if row["project_id"] == project_id]

    def hand_out(self, task_id: str, vendor: str = VENDOR, project: str = PROJECT, **changes: Any) -> HandOut:
        """Keep that a task was handed out."""
        made = HandOut(
            task_id, self.studio.ids[project], project, vendor, "package-1", "folder", "2026-01-02T00:00:00Z"
        )
        made = dataclasses.replace(made, **changes)
        outsourced.write(self.means.connection, made)
        return made

    def set_status(self, task_id: str, name: str) -> None:
        """Give a task a status."""
        status_id = self.studio.ids[f"status:{name}"]
        self.means.connection.update("Task", task_id, {"status_id": status_id})

    def kept(self, task_id: str, vendor: str = VENDOR) -> HandOut:
        """Return what is kept of a task and vendor."""
        found = outsourced.read(self.means.connection)
        return next(each for each in found if (each.task_id, each.vendor) == (task_id, vendor))

    def moves(self, source: Party, destination: Party, status: str = "running") -> Job:
        """Let a transfer be in this status, whatever the engine would make of it."""
        job = Job("moving", "moving", user_id=self.vendor.id, source=source, destination=destination)
        job.status = job.held = status
        return self.workspace.add(job)


@pytest.fixture(scope="module")
def vendor_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio"), engine_paused=True) as studio:
        yield studio


@pytest.fixture
def granting(vendor_studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Granting]:
    made = Granting(vendor_studio, tmp_path, monkeypatch)
    yield made
    made.close()
