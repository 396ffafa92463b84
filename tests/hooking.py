"""A studio whose accsyn runs the hooks of the command line, and a vendor who uploads and publishes by accsyn's client.

A hook may also be run by itself, in a process of its own, on an input that was made up.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Optional

import pytest
from accsyn_api import Session

from ftrack_accsyn_accessor.cli import hook
from ftrack_accsyn_accessor.ftrack import outsourced
from ftrack_accsyn_accessor.model import manifest
from ftrack_accsyn_accessor.model.handout import HandOut
from ftrack_accsyn_accessor.model.manifest import Deliverable, Manifest
from ftrack_accsyn_accessor.model.vendors import Places, places
from ftrack_accsyn_accessor.vendor import access, hooks
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_sandbox.accsyn.entities import User
from ftrack_accsyn_sandbox.accsyn.hooks import HookRun
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT

PROJECT, TASK = "show_a", "show_a/sq010/sh010/Animation"
VENDOR, OTHER = "vendor@acme.test", "other@vendor.test"
VERBS: Mapping[str, Callable[..., Any]] = {
    "pre-publish": hooks.pre_publish,
    "publish": hooks.publish,
    "job-done": hooks.job_done,
    "job-failed": hooks.job_failed,
}
COMMAND = [sys.executable, "-m", "ftrack_accsyn_accessor.cli"]


class Hooking:
    """One test's view of a studio. `stem` is what a version of the only deliverable is called without its number."""

    def __init__(self, studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch, **rules: Any) -> None:
        self.studio = studio
        self.folder = folder
        self.workspace = studio.demo.workspace
        self.store = studio.ftrack.store
        self.stem = f"comp-{uuid.uuid4().hex[:8]}"
        self._patch = monkeypatch
        for name, value in studio.environment("admin").items():
            monkeypatch.setenv(name, value)
        self._rules = folder / "vendors.json"
        monkeypatch.setenv("FTRACK_ACCSYN_VENDORS", str(self._rules))
        self.rule(**rules)
        self.means = Means.here()
        self.workspace.hooks.runs.clear()
        paths = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "source")}
        state = {"XDG_STATE_HOME": os.environ["XDG_STATE_HOME"], "FTRACK_ACCSYN_VENDORS": str(self._rules)}
        self.environment = {**paths, **state}
        studio.connect_hooks(COMMAND, **self.environment)

    def rule(self, **rules: Any) -> None:
        """Let *rules* hold from now on."""
        told = {"root": str(self.studio.hq), "location": "studio.hq", "spool": str(self.folder / "spool"), **rules}
        self._rules.write_text(json.dumps(told), encoding="utf-8")

    def close(self) -> None:
        for row in self.store.find("Metadata"):
            self.store.delete("Metadata", row["parent_id"], row["key"])
        self.means.close()

    @property
    def task_id(self) -> str:
        return self.studio.ids[TASK]

    def places(self, vendor: str = VENDOR) -> Places:
        return places(self.means.rules, PROJECT, vendor)

    def user(self, vendor: str = VENDOR) -> User:
        known = {each.code for each in self.workspace.each(User)}
        return self.workspace.user(vendor) if vendor in known else self.workspace.add_user(vendor, "key", "standard")

    def hand_out(self, vendor: str = VENDOR, stem: str = "", **changes: Any) -> HandOut:
        """Hand the task out: with access in accsyn, a manifest on the volume and a record in ftrack."""
        self.user(vendor)
        access.open_access(self.means, PROJECT, vendor)
        folder = f"{self.places(vendor).to_folder}/package-{self.stem}"
        wanted = Deliverable(
            task_id=self.task_id,
            name=f"{stem or self.stem}_v{{version:03d}}",
            asset_name=stem or self.stem,
            components=("main",),
            first_frame=1001,
            last_frame=1003,
            types=(".exr",),
        )
        told = Manifest(
            package=f"package-{self.stem}",
            project_id=self.studio.ids[PROJECT],
            project=PROJECT,
            vendor=vendor,
            made_at="2026-11-26T10:00:00+00:00",
            tasks=((self.task_id, TASK),),
            deliverables=(wanted,),
        )
        (self.studio.hq / folder).mkdir(parents=True, exist_ok=True)
        (self.studio.hq / folder / manifest.NAME).write_text(manifest.text(told), encoding="utf-8")
        values = (self.task_id, told.project_id, PROJECT, vendor, told.package, folder, told.made_at)
        made = dataclasses.replace(HandOut(*values), **changes)
        outsourced.write(self.means.connection, made)
        return made

    # What the vendor does

    def frames(self, version: int = 1, first: int = 1001, last: int = 1003, name: str = "") -> Path:
        """Render a version at the vendor's; return its folder."""
        name = name or f"{self.stem}_v{version:03d}"
        folder = self.studio.vendor_desk / "work" / name
        folder.mkdir(parents=True, exist_ok=True)
        for frame in range(first, last + 1):
            (folder / f"{name}.{frame}.exr").write_bytes(f"{name} {frame}".encode())
        return folder

    def session(self, vendor: str = VENDOR) -> Session:
        """Return accsyn's own client, logged in as the vendor."""
        key, proxy = self.workspace.user(vendor).api_key, f"127.0.0.1:{self.studio.accsyn.port}"
        return Session(workspace=self.workspace.code, username=vendor, api_key=key, proxy=proxy)

    def upload(self, folder: Path, **job: Any) -> dict[str, Any]:
        """Upload a folder by hand, as from the app; return the job when it and its hooks have ended."""
        code = self.places().from_code
        task = {"source": str(folder), "destination": f"folder={code}/{folder.name}"}
        session = self.session()
        made = session.create("Transfer", {"code": "by hand", "tasks": [task], **job})
        self.studio.accsyn.engine.wait_idle(60.0)
        return dict(session.get_entity("Transfer", made["id"]))

    def publish(self, folder: Path, **said: Any) -> Sequence[dict[str, Any]]:
        """Publish a folder by accsyn Publish; return what was answered before. What may be published is uploaded."""
        session = self.session()
        files = [{"filename": each.name, "size": each.stat().st_size} for each in sorted(folder.iterdir())]
        entry = {"id": str(uuid.uuid4()), "filename": folder.name, "is_dir": True, "files": files}
        answered: list[dict[str, Any]] = session.prepublish([entry])["files"]
        if answered[0]["can_publish"]:
            data = {"files": [{**answered[0], **said}]}
            tasks = [{"id": entry["id"], "source": str(folder)}]
            hooks = [{"when": "hook-job-publish-server", "data": data}]
            session.create("Transfer", {"name": f"{folder.name}_publish", "tasks": tasks, "hooks": hooks})
            self.studio.accsyn.engine.wait_idle(60.0)
        return answered

    # Hooks

    def runs(self, name: str = "") -> list[HookRun]:
        """Return the runs of a hook, or of all."""
        return [each for each in self.workspace.hooks.runs if name in ("", each.name)]

    def call(self, verb: str, payload: Any, output: Optional[Path] = None) -> tuple[int, str]:
        """Run a hook on an input that is made up, in this process; return its exit code and what it says."""
        path = str(self._input(payload))
        with self._patch.context() as patch:
            for name, value in self.workspace.hooks.environment.items():
                patch.setenv(name, value)
            ran = hook.told(lambda: VERBS[verb](path, *([str(output)] if output else [])))
        return ran[0], "\n".join(ran[1])

    def run(self, verb: str, payload: Any, output: Optional[Path] = None) -> subprocess.CompletedProcess[str]:
        """Run a hook by itself, in a process of its own."""
        path = self._input(payload)
        words = [*COMMAND, "hook", verb, str(path), *([str(output)] if output else [])]
        environment = {**self.workspace.hooks.environment, "HOME": os.environ["HOME"]}
        return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=100, check=False)

    def _input(self, payload: Any) -> Path:
        path = self.folder / "input.json"
        path.write_text(payload if isinstance(payload, str) else json.dumps(payload), encoding="utf-8")
        return path

    def job(self, *paths: str, vendor: str = VENDOR, status: str = "done", **changes: Any) -> dict[str, Any]:
        """Return the payload of a job that has brought *paths* of the volume, from a vendor."""
        user, volume = self.user(vendor), self.studio.demo.volume.id
        tasks = {
            str(index): {
                "id": f"t{index}-{path}",
                "status": status,
                "size": None,
                "finished": "2026-11-26T10:00:00",
                "destination": {"v": volume, "path": path, "path_abs": str(self.studio.hq / path)},
            }
            for index, path in enumerate(paths)
        }
        ends = {"source": f"user:{user.id}", "destination": f"workspace:{self.workspace.id}"}
        return {
            "hook": "post-done-server",
            "id": uuid.uuid4().hex[:24],
            "code": "job",
            **ends,
            "tasks": tasks,
            **changes,
        }

    # What came of it

    def versions(self, stem: str = "") -> list[int]:
        """Return the numbers of the versions of the only deliverable."""
        assets = self.store.find("Asset", name=stem or self.stem)
        rows = [row for asset in assets for row in self.store.find("AssetVersion", asset_id=asset["id"])]
        return sorted(row["version"] for row in rows)

    def ended(self) -> list[dict[str, Any]]:
        """Return what has ended in the spool: what was known of it, with what became of it as "result"."""
        kept = [json.loads(path.read_bytes()) for path in (self.folder / "spool" / "done").glob("*.json")]
        return [{**each["data"], "result": each["result"]} for each in kept]

    def waiting(self) -> list[dict[str, Any]]:
        """Return what waits in the spool."""
        return [each.data for each in self.means.spool.waiting()]

    def notes(self) -> list[str]:
        """Return the texts of the notes that mention the only deliverable."""
        return [row["content"] for row in self.store.find("Note") if self.stem in row["content"]]


@pytest.fixture(scope="module")
def hook_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio")) as studio:
        yield studio


@pytest.fixture
def hooking(hook_studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooking]:
    made = Hooking(hook_studio, tmp_path, monkeypatch)
    yield made
    made.close()
    hook_studio.ftrack.switches.clear()
    hook_studio.accsyn.switches.clear()


__all__ = ["Hooking", "hook_studio", "hooking"]
