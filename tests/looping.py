"""The whole vendor loop: a studio and a vendor, whose commands are processes, and whose accsyn runs the hooks."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable

import ftrack_api
from accsyn_api import Session
from accsyn_api.session import AccsynException

from ftrack_accsyn_accessor.model.vendors import Places, VendorRules, places
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outside_path
from ftrack_accsyn_sandbox.accsyn.entities import Delivery
from ftrack_accsyn_sandbox.ftrack import demo
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT, wait_until

PROJECT, SHOT = "show_a", "show_a/sq010/sh010"
TASK, STEM = f"{SHOT}/Compositing", "sh010_Compositing"
VENDOR, OTHER, GROUP = "vendor@acme.test", "other@vendor.test", "Vendors"
PLATE = f"{SHOT}/plate/v001/plate.mov"
FRAMES = (1001, 1002, 1003)
COMMAND = (sys.executable, "-m", "ftrack_accsyn_accessor.cli")
#: What a process needs besides what its owner sets.
BARE = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "source")}
LIMIT_S = 60.0


class Loop:
    """`root` is where the machine of the studio sees the volume; *rules* are those for vendors."""

    def __init__(self, studio: Studio, folder: Path, **rules: Any) -> None:
        self.studio = studio
        self.folder = folder
        self.workspace = studio.demo.workspace
        self.store = studio.ftrack.store
        # accsyn knows a machine by its host name.
        studio.demo.vendor_client.code = studio.demo.vendor_client.name = socket.gethostname()
        self._rules = folder / "vendors.json"
        self.rules: dict[str, Any] = {"root": str(studio.hq), "location": "studio.hq", "group": GROUP}
        self.rule(spool=str(folder / "spool"), types=[".exr"], status_in="Pending review", **rules)
        own = {**BARE, "FTRACK_ACCSYN_VENDORS": str(self._rules), "XDG_STATE_HOME": str(folder / "state")}
        self.ours = {**studio.environment("admin"), **own, "FTRACK_ACCSYN_SEND_TO": "*@acme.test"}
        self.ours.pop("ACCSYN_PROJECTS_PATH")
        self.theirs = {**studio.outside(), **BARE, "HOME": str(folder / "vendors-home")}
        assert not any(name.startswith("FTRACK_") for name in self.theirs)
        studio.connect_hooks(COMMAND, **{**own, "XDG_STATE_HOME": str(folder / "daemon")})

    @property
    def root(self) -> Path:
        return Path(self.rules["root"])

    @property
    def task_id(self) -> str:
        return self.studio.ids[TASK]

    @property
    def places(self) -> Places:
        return places(VendorRules(), PROJECT, VENDOR)

    # What the studio does

    def rule(self, **rules: Any) -> None:
        """Let *rules* hold from now on."""
        self.rules.update(rules)
        self._rules.write_text(json.dumps(self.rules), encoding="utf-8")

    def plate(self) -> str:
        """Publish a plate of the shot where this machine sees the volume; return the id of its version."""
        path, store, ids = self.root / PLATE, self.store, self.studio.ids
        path.parent.mkdir(parents=True)
        path.write_bytes(b"plate" * 1000)
        version_id = demo.add_version(store, ids, SHOT, asset="plate")
        row = store.create("FileComponent", name="main", version_id=version_id, size=5000, file_type=".mov")
        location = {"component_id": row["id"], "location_id": ids[self.rules["location"]]}
        store.create("ComponentLocation", resource_identifier=PLATE, **location)
        return version_id

    @contextlib.contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """Have `serve --outsource` run, until the context is left; by then it has looked at all assignments."""
        log = self.folder / "serve.log"
        with log.open("w") as output:
            words = [*COMMAND, "serve", "--outsource"]
            process = subprocess.Popen(words, env=self.ours, stdout=output, stderr=output, text=True)
        try:
            wait_until(lambda: self._seen(process), LIMIT_S, "the service")
            yield process
        finally:
            process.terminate()
            assert process.wait(LIMIT_S) == 0, log.read_text()

    def _seen(self, process: subprocess.Popen[str]) -> bool:
        assert process.poll() is None, (self.folder / "serve.log").read_text()
        path = outside_path(None, Path(self.ours["XDG_STATE_HOME"]) / "ftrack-accsyn")
        if not path.is_file():
            return False
        outbox = Outbox(path)
        try:
            return outbox.fact(f"outsourced to {GROUP}") is not None
        finally:
            outbox.close()

    def session(self) -> Any:
        """Return a session of a producer, as ftrack's web page has one."""
        url, key = self.studio.ftrack.url, "producer-ftrack-demo-key"
        return ftrack_api.Session(url, key, "producer", auto_connect_event_hub=False)

    def assign(self) -> None:
        """Put the vendor on the task."""
        session = self.session()
        data = {"type": "assignment", "context_id": self.task_id, "resource_id": self.studio.ids["vendor"]}
        session.create("Appointment", data)
        session.commit()
        session.close()

    def set_status(self, name: str) -> None:
        """Give the task a status."""
        session = self.session()
        session.get("Task", self.task_id)["status_id"] = self.studio.ids[f"status:{name}"]
        session.commit()
        session.close()

    def run(self, variables: Mapping[str, str], *words: object) -> subprocess.CompletedProcess[str]:
        """Run `ftrack-accsyn` in a process, with nothing but *variables*."""
        command = [*COMMAND, *map(str, words)]
        desk = self.studio.vendor_desk
        return subprocess.run(command, env=variables, cwd=desk, capture_output=True, text=True, timeout=LIMIT_S)

    # What the vendor does

    def fetch(self) -> Path:
        """Fetch the delivery with the package; return its folder on the own disk."""
        wait_until(lambda: len(self._open()) == 1, LIMIT_S, "the delivery")
        self.studio.fetch_delivery(self._open()[0].id, VENDOR, self.studio.vendor_desk)
        self.settle()
        (manifest,) = self.studio.vendor_desk.glob("*/manifest.json")
        return manifest.parent

    def pushed(self) -> Path:
        """Return the folder of the package on the vendor's disk, where the volume is mapped, when it is there."""
        self.settle()
        place = self.studio.vendor_desk / "projects" / self.places.to_folder
        wait_until(lambda: list(place.glob("*/manifest.json")), LIMIT_S, "the package")
        self.settle()
        return next(place.glob("*/manifest.json")).parent

    def _open(self) -> list[Delivery]:
        mine = self.workspace.user(VENDOR).id
        return [each for each in self.workspace.each(Delivery) if each.status == "waiting" and mine in each.recipients]

    def render(self, package: Path, version: int, frames: Sequence[int] = FRAMES) -> Path:
        """Render a version beside the manifest of a package; return its folder."""
        name = f"{STEM}_v{version:03d}"
        folder = package / name
        folder.mkdir(exist_ok=True)
        for frame in frames:
            (folder / f"{name}.{frame}.exr").write_bytes(f"{name} {frame}".encode())
        return folder

    def deliver(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Deliver by the command; return how that went when the hooks have ended."""
        told = self.run(self.theirs, "deliver", *words, "--yes")
        self.settle()
        return told

    def upload(self, folder: Path) -> None:
        """Upload a folder with nothing but accsyn's own client."""
        task = {"source": str(folder), "destination": f"folder={self.places.from_code}/{folder.name}"}
        self.client().create("Transfer", {"code": "by hand", "tasks": [task]})
        self.settle()

    def client(self) -> Session:
        """Return accsyn's own client, logged in with the vendor's key."""
        proxy, theirs = self.theirs["ACCSYN_PROXY"], self.theirs
        return Session(
            workspace=theirs["ACCSYN_WORKSPACE"], username=VENDOR, api_key=theirs["ACCSYN_API_KEY"], proxy=proxy
        )

    def settle(self) -> None:
        """Wait until accsyn has nothing more to do, hooks included."""
        self.studio.accsyn.engine.wait_idle(LIMIT_S)

    # What came of it

    def versions(self) -> dict[int, dict[str, Any]]:
        """Return the versions of what was handed out, by number."""
        assets = self.store.find("Asset", name="Compositing", context_id=self.studio.ids[SHOT])
        rows = [row for asset in assets for row in self.store.find("AssetVersion", asset_id=asset["id"])]
        return {row["version"]: row for row in rows}

    def registered(self, version: int) -> dict[str, bytes]:
        """Return the content of each file of a version, where ftrack says that it lies."""
        (component,) = self.store.find("Component", version_id=self.versions()[version]["id"])
        location_id, found = self.studio.ids[self.rules["location"]], {}
        for member in self.store.find("Component", container_id=component["id"]):
            rows = self.store.find("ComponentLocation", component_id=member["id"], location_id=location_id)
            assert len(rows) == 1
            found[Path(rows[0]["resource_identifier"]).name] = (self.root / rows[0]["resource_identifier"]).read_bytes()
        return found

    def notes(self) -> list[str]:
        """Return the texts of the notes at the task."""
        return [row["content"] for row in self.store.find("Note", parent_id=self.task_id)]

    def receipts(self) -> list[dict[str, Any]]:
        """Return what the vendor reads of the studio's answers, fetched with their own key, the oldest first."""
        place, session = f"folder={self.places.to_code}/receipts", self.client()
        names = sorted(each["filename"] for each in session.ls(place))
        target = self.studio.vendor_desk / "receipts"
        for name in names:
            session.create("Transfer", {"source": f"{place}/{name}", "destination": str(target / name)})
        self.settle()
        found = [json.loads((target / name).read_bytes()) for name in names if name.endswith(".json")]
        return sorted(found, key=lambda each: str(each["at"]))

    # From outside

    def reach(self) -> str:
        """Return what the vendor's key lets do in TO and in FROM ("r", "w"), as "r-rw"; nothing may elsewhere."""
        other = places(VendorRules(), PROJECT, OTHER)
        ours = [f"folder={code}" for code in (self.places.to_code, self.places.from_code)]
        never = [f"{each}/../{path}" for each in ours for path in ("..", "quarantine", "../../../..", "publish")]
        never += [f"folder={other.to_code}", f"folder={other.from_code}", f"{PROJECT}/sq010", "show_b"]
        folders = (PROJECT, "show_b", *self.places[:4], *other[:4])
        never += ["volume=projects", *(f"volume=projects/{each}" for each in folders)]
        assert {each: found for each in never if (found := self._may(each))} == {}
        return "-".join("".join(self._may(each)) for each in ours)

    def _may(self, place: str) -> list[str]:
        """Return "r" and "w" as far as any call to accsyn reads, or writes, at *place*; what was made is taken away."""
        session = self.client()
        desk = self.studio.vendor_desk / "probe.txt"
        desk.write_text("probe")
        reading: list[Callable[[], Any]] = [lambda: session.ls(place), lambda: session.getsize(place)]
        writing: list[Callable[[], Any]] = [
            lambda: session.mkdir(f"{place}/probe"),
            lambda: session.rename(f"{place}/probe", f"{place}/probe2"),
            lambda: session.delete(f"{place}/probe2"),
        ]
        # Where it is allowed that would be a delivery.
        ends = (place, str(desk.with_name("got"))), (str(desk), f"{place}/")
        found = [[_worked(each) for each in several] for several in (reading, writing)]
        for several, (source, target) in zip(found, ends):
            if not any(several):
                several.append(_worked(lambda: session.create("Transfer", {"source": source, "destination": target})))  # noqa: B023
        assert all(len(set(each)) == 1 for each in found), (place, found)
        return [letter for letter, worked in zip("rw", found) if worked[0]]


def _worked(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except AccsynException:
        return False
    return True
