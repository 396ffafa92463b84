"""From a shot that was picked to a request in the outbox."""

from __future__ import annotations

from ftrack_accsyn_accessor.model.item import Endpoint, State
from ftrack_accsyn_accessor.model.plan import Fate, Sum
from ftrack_accsyn_accessor.send.asking import Requester, confirm
from sending import Sender, ids_of


def test_a_shot_goes_to_london_but_for_what_is_there(sender: Sender) -> None:
    shot = sender.shot()
    version = sender.version(sender.asset(shot))
    goes = sender.component(version, "show_a/x/new.mov", size=70)
    there = sender.component(version, name="old", at=("studio.hq", "studio.london"))
    found = sender.plan(("task", shot))
    assert ids_of(found, Fate.GOES) == {goes}
    assert ids_of(found, Fate.THERE) == {there}
    assert found.sum(Fate.GOES) == Sum(1, 1, 70)
    assert (found.source.location_name, found.destination.party) == ("studio.hq", "site=london")
    publication = found.going[0].publication
    assert (publication.volume, publication.path) == ("projects", "show_a/x/new.mov")
    assert (publication.project_id, publication.project_name) == (sender.ids["show_a"], "show_a")
    assert publication.version_name == "plate v001"


def test_a_confirmed_plan_is_one_request_however_often_it_is_confirmed(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    component = sender.component(version, size=70)
    order = sender.order(("assetversion", version))
    plans = sender.planner().plan(order)
    (request_id,) = confirm(sender.outbox, order, plans, Requester("ada", "u1"), "token")
    assert confirm(sender.outbox, order, plans, Requester("ada", "u1"), "token") == [request_id]
    standing = sender.outbox.requests.standing(request_id)
    assert standing is not None
    assert standing.request.username == "ada"
    assert standing.request.words == "show_a plate v001 main"
    assert (standing.counts, standing.size_bytes) == ({State.PENDING: 1}, 70)
    (item,) = sender.outbox.requests.items(request_id)
    assert item.publication.component_id == component
    assert item.publication.username == "ada"
    assert item.destination == Endpoint("site=london", sender.ids["studio.london"], "studio.london")


def test_what_was_confirmed_is_on_its_way(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    component = sender.component(version)
    order = sender.order(("assetversion", version))
    confirm(sender.outbox, order, sender.planner().plan(order), Requester("ada"), "another")
    found = sender.plan(("assetversion", version))
    assert ids_of(found, Fate.ON_ITS_WAY) == {component}
    assert "A Send of ada" in found.planned[0].cause
