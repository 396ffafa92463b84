"""Production storage is a site behind the main one: what arrives goes on there first, and then becomes a version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.ftrack import outsourced
from ftrack_accsyn_accessor.model import manifest
from ftrack_accsyn_accessor.model.handout import HandOut
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.manifest import Deliverable, Manifest
from ftrack_accsyn_accessor.model.vendors import places
from ftrack_accsyn_accessor.vendor import advancing, receipt
from ftrack_accsyn_accessor.vendor.spool import INGEST, RELAY
from ftrack_accsyn_accessor.worker.runtime import Runtime
from ftrack_accsyn_sandbox.studio import Studio
from handing import VENDOR, Handing

PROJECT, UNIT = "show_a", "relayed_v001"
FILES = {f"{UNIT}.{frame}.exr": f"frame {frame}".encode() * 20 for frame in (1001, 1002, 1003)}


class Relay(Handing):
    """The machine at the site: what a vendor has uploaded lies at the main site, which it does not see."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        super().__init__(studio, folder)
        self.again(root=str(studio.site("london")), production="site=london")
        self.key = "job/1"
        credentials = self.means.credentials
        self.runtime = Runtime(self.area, self.outbox.path, credentials, self.read_settings)

    def hand_it_out(self) -> None:
        ours, task_id, project_id = places(self.rules, PROJECT, VENDOR), self.task(), self.studio.ids[PROJECT]
        folder = f"{ours.to_folder}/package"
        wanted = Deliverable(task_id, "relayed_v{version:03d}", asset_name="relayed", components=("main",))
        told = Manifest("package", project_id, PROJECT, VENDOR, "2026-11-26T10:00:00Z", ((task_id, "x"),))
        text = manifest.text(Manifest(**{**vars(told), "deliverables": (wanted,)}))
        path = self.means.storage.root / folder / manifest.NAME
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        record = HandOut(task_id, project_id, PROJECT, VENDOR, "package", folder, told.made_at)
        outsourced.write(self.means.connection, record)

    def arrives(self, folder: str = "", vendor_id: str = "") -> str:
        """Let a unit lie at the main site, kept by the hook; return its path."""
        folder = folder or places(self.rules, PROJECT, VENDOR).from_folder
        for name, content in FILES.items():
            (self.studio.hq / folder / UNIT).mkdir(parents=True, exist_ok=True)
            (self.studio.hq / folder / UNIT / name).write_bytes(content)
        data: dict[str, Any] = {"job": "job", "vendor_id": vendor_id or self.studio.demo.vendor.id, "vendor": ""}
        data |= {"origin": "upload", "folder": folder, "name": UNIT, "files": None, "sent": {}, "note": None}
        self.means.spool.put(RELAY, self.key, data)
        return f"{folder}/{UNIT}"

    def advance(self) -> None:
        advancing.advance(self.means, self.runtime)

    def steps_to(self, request: int, state: State) -> None:
        """Step until the only item of a request is in *state*; nobody else leads meanwhile, whom a step waits for."""
        assert self.runtime.worker.stop(30.0)
        passed_s = 0.0
        while self.states(request) != [state] and passed_s < 600:
            self.studio.accsyn.engine.wait_idle(20.0)
            passed_s += self.step()
        assert self.states(request) == [state]

    def versions(self) -> list[int]:
        store = self.studio.ftrack.store
        return [
            row["version"]
            for each in store.find("Asset", name="relayed")
            for row in store.find("AssetVersion", asset_id=each["id"])
        ]


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    with Studio(tmp_path / "studio") as studio:
        made = Relay(studio, tmp_path)
        yield made
        made.runtime.worker.stop(5.0)
        made.close()


def test_a_delivery_goes_on_to_production_and_is_ingested_after_the_proof_alone(relay: Relay) -> None:
    relay.hand_it_out()
    path = relay.arrives()
    relay.advance()
    relay.advance()
    (request,) = relay.outbox.requests.latest(10)
    assert (request.request.source.party, request.request.destination.party) == (relay.hq.party, "site=london")
    assert relay.means.spool.waiting(INGEST) == []

    relay.steps_to(request.id, State.SYNCED)
    assert relay.versions() == []
    assert {name: (relay.studio.site("london") / path / name).read_bytes() for name in FILES} == FILES
    relay.advance()

    assert relay.versions() == [1]
    assert relay.means.spool.waiting(INGEST) == relay.means.spool.waiting(RELAY) == []
    relay.advance()
    assert len(relay.outbox.requests.latest(10)) == 2, "the delivery, and its receipt"


def test_a_receipt_is_carried_to_the_main_site_before_the_vendor_hears_of_it(relay: Relay) -> None:
    relay.hand_it_out()
    told = "Both frames are black.\n"
    assert receipt.tell_vendor(relay.means, VENDOR, PROJECT, told, "black") == ""
    receipt.tell_vendor(relay.means, VENDOR, PROJECT, told, "black")
    relay.advance()
    assert relay.deliveries() == []
    (request,) = relay.outbox.requests.latest(10)
    relay.steps_to(request.id, State.SYNCED)
    relay.advance()

    path = f"{places(relay.rules, PROJECT, VENDOR).to_folder}/{receipt.FOLDER}/black.txt"
    assert (relay.studio.hq / path).read_text(encoding="utf-8") == told
    assert [each.name for each in relay.deliveries()] == [f"{PROJECT} black"]
    assert relay.means.spool.waiting() == []


def test_nothing_of_whoever_was_handed_out_nothing_goes_to_production(relay: Relay) -> None:
    relay.hand_it_out()
    relay.arrives("show_b/_vendors/x-12345678/from")
    relay.advance()

    assert relay.outbox.requests.latest(10) == []
    assert relay.means.spool.waiting() == []
    assert "no folder of a vendor" in (relay.means.spool.result(RELAY, relay.key) or {})["words"]


def test_what_is_cancelled_on_its_way_ends(relay: Relay) -> None:
    relay.hand_it_out()
    relay.arrives()
    relay.advance()
    relay.outbox.requests.cancel(relay.outbox.requests.latest(10)[0].id)
    relay.advance()

    assert "cancelled" in (relay.means.spool.result(RELAY, relay.key) or {})["words"]
    assert relay.means.spool.waiting() == []


def test_a_service_that_is_away_leaves_its_cause_and_is_asked_again(relay: Relay) -> None:
    relay.hand_it_out()
    relay.arrives()
    relay.studio.ftrack.switches.fail_next(status=502, times=50)
    relay.advance()
    (entry,) = relay.means.spool.waiting(RELAY)
    assert "Could not ask ftrack" in entry.data["cause"]

    relay.studio.ftrack.switches.clear()
    relay.advance()
    assert len(relay.outbox.requests.latest(10)) == 1
    assert relay.means.spool.waiting(RELAY)[0].cause == "", "it goes on"


def test_a_delivery_whose_way_needs_attention_says_so_in_its_entry(relay: Relay) -> None:
    relay.hand_it_out()
    relay.arrives()
    relay.advance()
    relay.studio.accsyn.engine.fail_path("*.exr")
    (request,) = relay.outbox.requests.latest(10)
    relay.steps_to(request.id, State.NEEDS_ATTENTION)
    relay.advance()
    (entry,) = relay.means.spool.waiting(RELAY)
    assert (f"Request {request.id}, " in entry.cause, entry.needs_help) == (True, True)
