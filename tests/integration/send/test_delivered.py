"""What the mapping file has delivered: planned like everything else, and what a delivery cannot do is said before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle
from ftrack_accsyn_accessor.send import moment
from ftrack_accsyn_accessor.send.asking import Requester, confirm
from sending import Sender, ids_of, only

VENDOR = "vendor@acme.test"
MAPPED: dict[str, Any] = {VENDOR: {"deliver": True}}


@pytest.fixture
def vendor(sender: Sender) -> Iterator[str]:
    sender.map(MAPPED)
    made = sender.store.create("Location", name=VENDOR)
    sender.ids[VENDOR] = made["id"]
    yield VENDOR
    sender.store.delete("Location", made["id"])


def version(sender: Sender) -> str:
    return sender.version(sender.asset(sender.shot()))


def test_a_user_who_gets_deliveries_needs_neither_client_nor_share_and_is_told_so(sender: Sender, vendor: str) -> None:
    workspace = sender.studio.demo.workspace
    nobodys = workspace.add_user("new@acme.test", "new-key", "standard")
    sender.map({nobodys.code: {"deliver": True}})
    above = version(sender)
    component = sender.component(above, size=70)
    found = sender.plan(("assetversion", above), destination=nobodys.code)
    assert ids_of(found, Fate.GOES) == {component}
    assert found.destination == Endpoint(f"{parties.DELIVERY}=new@acme.test", "", "")
    assert found.remarks[0].startswith("It goes as a delivery that new@acme.test fetches: ")
    del workspace.entities[nobodys.id]


def test_an_order_may_have_a_user_get_a_delivery_who_is_in_no_mapping_file(sender: Sender, vendor: str) -> None:
    sender.map({})
    folder = sender.studio.hq / "show_a" / "package"
    (folder / "plates").mkdir(parents=True, exist_ok=True)
    found = sender.plan(source="hq", destination=vendor, added=("show_a/package",), deliver=True)
    assert [each.wanted.publication.path for each in found.of(Fate.GOES)] == ["show_a/package"]
    assert found.destination == Endpoint(f"{parties.DELIVERY}={VENDOR}", sender.ids[VENDOR], VENDOR)
    assert found.remarks == (f"It goes as a delivery that {VENDOR} fetches.",), "a folder keeps what it is made of"


def test_the_location_of_the_user_is_the_destination(sender: Sender, vendor: str) -> None:
    above = version(sender)
    sender.component(above)
    found = sender.plan(("assetversion", above), destination=vendor)
    assert found.destination == Endpoint(f"{parties.DELIVERY}={VENDOR}", sender.ids[VENDOR], VENDOR)
    there = sender.component(above, name="second", at=("studio.hq", VENDOR))
    assert ids_of(sender.plan(("assetversion", above), destination=vendor), Fate.THERE) == {there}


def test_without_the_mapping_files_word_files_go_to_a_share_of_the_user(sender: Sender, vendor: str) -> None:
    sender.map({})
    above = version(sender)
    sender.component(above)
    assert sender.plan(("assetversion", above), destination=vendor).destination.party == VENDOR


def test_as_a_source_the_user_is_the_same_as_ever(sender: Sender, vendor: str) -> None:
    above = version(sender)
    sender.component(above, at=(VENDOR,))
    found = sender.plan(("assetversion", above), source=vendor, destination="studio.hq")
    assert found.source.party == VENDOR


def test_files_of_a_site_are_not_delivered(sender: Sender, vendor: str) -> None:
    above = version(sender)
    sender.component(above, at=("studio.london",))
    found = only(sender.plan(("assetversion", above), source="studio.london", destination=vendor))
    assert (found.fate, found.obstacle) == (Fate.CANNOT, Obstacle.UNREACHABLE)
    assert found.cause.startswith("A delivery is made of files of the main site. Send them there first")


def test_a_disabled_user_is_not_delivered_to(sender: Sender, vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender.studio.demo.vendor, "status", "disabled")
    above = version(sender)
    sender.component(above)
    found = only(sender.plan(("assetversion", above), destination=vendor))
    assert (found.fate, found.obstacle) == (Fate.CANNOT, Obstacle.UNREACHABLE)
    assert f"The user {VENDOR} is disabled in accsyn." in found.cause


def test_of_two_files_of_one_name_only_one_goes(sender: Sender, vendor: str) -> None:
    above = version(sender)
    paths = ("show_a/one/main.mov", "show_a/two/Main.mov")
    both = {sender.component(above, path, name=str(number)) for number, path in enumerate(paths)}
    found = sender.plan(("assetversion", above), destination=vendor)
    (goes,), (stays,) = found.of(Fate.GOES), found.of(Fate.CANNOT)
    assert {each.wanted.publication.component_id for each in (goes, stays)} == both
    assert stays.obstacle is Obstacle.CONFLICT
    assert "has a file" in stays.cause
    assert stays.cause.endswith("and a delivery loses their folders. Send one of them alone.")


def test_what_has_a_name_twice_in_it_does_not_go(sender: Sender, vendor: str) -> None:
    above = version(sender)
    folder = "show_a/pack_twice"
    sender.container(above, [f"{folder}/a/x.txt", f"{folder}/b/x.txt"], path=folder)
    found = only(sender.plan(("assetversion", above), destination=vendor))
    assert found.obstacle is Obstacle.CONFLICT
    assert found.cause == (
        "Several of its files have one name, and a delivery loses their folders. Have a share mapped for it."
    )


def test_containers_with_the_same_folder_name_go_together(sender: Sender, vendor: str) -> None:
    above = version(sender)
    for number in (1, 2):
        folder = f"show_a/v{number}/samename"
        sender.container(above, [f"{folder}/{number}.txt"], path=folder)
    found = sender.plan(("assetversion", above), destination=vendor)
    assert len(found.of(Fate.GOES)) == 2


def test_what_is_being_delivered_is_on_its_way_and_its_name_is_free_for_the_next_delivery(
    sender: Sender, vendor: str
) -> None:
    above = version(sender)
    first = sender.component(above, "show_a/first/same.mov")
    order = sender.order(("assetversion", above), destination=vendor)
    confirm(sender.outbox, order, sender.planner().plan(order), Requester("ada"), "delivered")
    second = sender.component(above, "show_a/second/same.mov", name="second")
    found = sender.plan(("assetversion", above), destination=vendor)
    assert ids_of(found, Fate.ON_ITS_WAY) == {first}
    assert ids_of(found, Fate.GOES) == {second}
    assert len(moment.moving([sender.outbox], found.destination, found.studio)) == 1
