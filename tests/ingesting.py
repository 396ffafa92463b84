"""Vendors who have delivered something: into their folder on a real disk, with the entry that the hook would make."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional, Union

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.ftrack import outsourced
from ftrack_accsyn_accessor.model import manifest, settings
from ftrack_accsyn_accessor.model.delivered import Unit
from ftrack_accsyn_accessor.model.handout import HandOut
from ftrack_accsyn_accessor.model.manifest import Deliverable, Manifest
from ftrack_accsyn_accessor.model.vendors import Places, VendorRules, places
from ftrack_accsyn_accessor.vendor import receipt
from ftrack_accsyn_accessor.vendor.ingest import Ingest
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.spool import INGEST, Entry
from ftrack_accsyn_sandbox.accsyn.entities import Delivery
from ftrack_accsyn_sandbox.studio import Studio

PROJECT, SHOT, TASK = "show_a", "show_a/sq010/sh010", "show_a/sq010/sh010/Animation"
_numbers = itertools.count(1)


class Vendor:
    """A vendor of their own for a test: nobody else has their folders, their task's asset or their entries."""

    def __init__(self, studio: Studio, folder: Path, **rules: Any) -> None:
        self.studio = studio
        self.number = next(_numbers)
        self.address = f"v{self.number}-{os.getpid()}@vendor.test"
        self.user = studio.demo.workspace.add_user(self.address, f"key-{self.address}", "standard")
        spool = folder / "spool"
        self.rules = VendorRules(root=str(studio.hq), spool=str(spool), location="studio.hq", **rules)
        self.means = self.another()
        self.task_id = studio.ids[TASK]
        self.asset = f"comp{self.number}-{os.getpid()}"
        self.template = f"{self.asset}_v{{version:03d}}"
        self._opened = [self.means]

    def another(self) -> Means:
        """Return means as another process would have them."""
        current = settings.outside(environment.read_settings())
        return Means(current, self.rules, environment.ftrack_credentials())

    @property
    def places(self) -> Places:
        return places(self.rules, PROJECT, self.address)

    def on_disk(self, path: str) -> Path:
        return self.studio.hq / path

    def hand_out(
        self, *, frames: Optional[tuple[int, int]] = None, types: Sequence[str] = (), **changes: Any
    ) -> HandOut:
        """Hand the task out, with a manifest that expects one deliverable."""
        package = f"package-{self.number}"
        folder = f"{self.places.to_folder}/{package}"
        self.on_disk(folder).mkdir(parents=True, exist_ok=True)
        self.on_disk(self.places.from_folder).mkdir(parents=True, exist_ok=True)
        first, last = frames or (None, None)
        wanted = Deliverable(
            task_id=self.task_id,
            name=self.template,
            asset_name=self.asset,
            components=("main",),
            first_frame=first,
            last_frame=last,
            types=tuple(types),
        )
        deliverables = tuple(changes.pop("deliverables", (wanted,)))
        told = Manifest(
            package=package,
            project_id=self.studio.ids[PROJECT],
            project=PROJECT,
            vendor=self.address,
            made_at="2026-11-26T10:00:00+00:00",
            tasks=tuple(dict.fromkeys((each.task_id, TASK) for each in deliverables)),
            deliverables=deliverables,
            version_ids=tuple(changes.pop("version_ids", ())),
        )
        self.on_disk(f"{folder}/{manifest.NAME}").write_text(manifest.text(told), encoding="utf-8")
        handout = HandOut(
            *(self.task_id, told.project_id, PROJECT, self.address, package, folder, told.made_at),
        )
        handout = dataclasses.replace(handout, **changes)
        for task_id in dict.fromkeys(each.task_id for each in deliverables):
            outsourced.write(self.means.connection, dataclasses.replace(handout, task_id=task_id))
        return handout

    def deliver(self, name: str, content: Union[bytes, Mapping[str, bytes]], **data: Any) -> Entry:
        """Put a file or folder where the vendor uploads to, and give the entry for it."""
        folder = data.pop("folder", self.places.from_folder)
        self.put(f"{folder}/{name}", content)
        return self.entry(name, folder=folder, **data)

    def put(self, path: str, content: Union[bytes, Mapping[str, bytes]]) -> None:
        top = self.on_disk(path)
        for below, each in ({"": content} if isinstance(content, bytes) else content).items():
            target = top / below if below else top
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(each)

    def entry(self, name: str, *, key: str = "", **changes: Any) -> Entry:
        """Put an entry into the spool and return it."""
        data = {
            "job": "job",
            "vendor_id": self.user.id,
            "vendor": self.address,
            "origin": "upload",
            "folder": self.places.from_folder,
            "name": name,
            "files": None,
            "sent": {},
            "note": None,
            **changes,
        }
        key = key or f"job/{self.number}-{next(_numbers)}"
        spool = self.means.spool
        spool.put(INGEST, key, data)
        return next(each for each in spool.waiting(INGEST) if each.key == key)

    def ingest(self, entry: Entry) -> Optional[Mapping[str, Any]]:
        """Work an entry off; return what became of it."""
        Ingest(self.means).work(entry)
        return self.means.spool.result(INGEST, entry.key)

    def frames(self, first: int, last: int, version: int = 1) -> dict[str, bytes]:
        """Return a folder of frames, each with a content of its own."""
        stem = self.template.format(version=version)
        return {
            f"{stem}.{each:04d}.exr": f"frame {each} of {self.address} ".encode() * 20
            for each in range(first, last + 1)
        }

    # What came of it

    def versions(self) -> list[dict[str, Any]]:
        store = self.studio.ftrack.store
        assets = store.find("Asset", name=self.asset)
        return [row for asset in assets for row in store.find("AssetVersion", asset_id=asset["id"])]

    def registered(self) -> dict[str, bytes]:
        """Return the content of every file that ftrack has of the vendor's versions, by its path in the location."""
        store = self.studio.ftrack.store
        found: dict[str, bytes] = {}
        for version in self.versions():
            for component in store.find("Component", version_id=version["id"]):
                members = store.find("Component", container_id=component["id"]) or [component]
                for member in members:
                    rows = store.find("ComponentLocation", component_id=member["id"])
                    rows = [row for row in rows if row["location_id"] == self.studio.ids["studio.hq"]]
                    assert len(rows) == 1, (component["name"], rows)
                    path = rows[0]["resource_identifier"]
                    assert path not in found
                    found[path] = self.on_disk(path).read_bytes()
        return found

    def notes(self) -> list[str]:
        """Return the texts of the notes that mention the vendor or what they deliver."""
        rows = self.studio.ftrack.store.find("Note")
        return [row["content"] for row in rows if self.asset in row["content"] or self.address in row["content"]]

    def receipt(self, key: str) -> Any:
        """Return the receipt for an entry, as programs read it."""
        folder = self.on_disk(f"{self.places.to_folder}/{receipt.FOLDER}")
        (found,) = folder.glob(f"*-{hashlib.sha256(key.encode()).hexdigest()[:12]}.json")
        return json.loads(found.read_text(encoding="utf-8"))

    def unit(self, name: str) -> Unit:
        return Unit(self.user.id, "upload", self.places.from_folder, name)

    def deliveries(self) -> list[str]:
        """Return the names of the deliveries in accsyn that the vendor is a recipient of."""
        return [each.name for each in self.studio.demo.workspace.each(Delivery) if self.user.id in each.recipients]

    def everything(self) -> dict[bytes, int]:
        """Return the contents of all files of the vendor, wherever they lie in the volume, with how often."""
        found: dict[bytes, int] = {}
        for path in self.studio.hq.rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                if self.address.encode() in content and path.suffix not in (".json", ".txt"):
                    found[content] = found.get(content, 0) + 1
        return found

    def close(self) -> None:
        for each in self._opened:
            each.close()


@pytest.fixture(scope="module")
def ingest_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("studio"), engine_paused=True) as studio:
        yield studio


@pytest.fixture
def studio_environment(ingest_studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    for name, value in ingest_studio.environment("admin").items():
        monkeypatch.setenv(name, value)
    yield ingest_studio
    ingest_studio.ftrack.switches.clear()
    ingest_studio.accsyn.switches.clear()


@pytest.fixture
def vendor(studio_environment: Studio, tmp_path: Path) -> Iterator[Vendor]:
    made = Vendor(studio_environment, tmp_path)
    yield made
    made.close()
