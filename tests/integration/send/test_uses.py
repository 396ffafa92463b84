"""What versions use, and contexts are linked from, comes along: to any depth, whatever goes round in circles."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_accsyn_accessor.model.item import Reason
from ftrack_accsyn_accessor.send.order import Order, Picked
from ftrack_accsyn_accessor.send.selection import select
from sending import Sender

MOST = 12


def used(sender: Sender, *picked: tuple[str, str], **wanted: Any) -> set[str]:
    """Return the ids of the versions whose components are selected with what they use; at most 12 requests."""
    sender.connection.rows('select id from User where id is "x" order by id')
    sender.studio.ftrack.log.clear()
    order = Order(Reason.SEND, tuple(Picked(*each) for each in picked), with_used=True, **wanted)
    found = select(sender.connection, order)
    assert len(sender.studio.ftrack.log.operations()) <= MOST
    return {component.version.id for component in found.components}


def filled(sender: Sender, context_id: str = "", number: int = 1, asset_id: str = "") -> str:
    """Create a version with a component."""
    version = sender.version(asset_id or sender.asset(context_id or sender.shot()), number)
    sender.component(version)
    return version


def use(sender: Sender, version_id: str, *used_ids: str) -> None:
    for each in used_ids:
        sender.store.create("AssetVersionLink", from_id=each, to_id=version_id)


def link(sender: Sender, context_id: str, *linked: str) -> None:
    for each in linked:
        sender.store.create("TypedContextLink", from_id=each, to_id=context_id)


def test_nothing_that_is_used_comes_unasked(sender: Sender) -> None:
    comp, plate = filled(sender), filled(sender)
    use(sender, comp, plate)
    found = select(sender.connection, Order(Reason.SEND, (Picked("assetversion", comp),)))
    assert {component.version.id for component in found.components} == {comp}


def test_what_a_version_uses_comes_and_what_uses_it_does_not(sender: Sender) -> None:
    comp, plate, edit = filled(sender), filled(sender), filled(sender)
    use(sender, comp, plate)
    use(sender, edit, comp)
    assert used(sender, ("assetversion", comp)) == {comp, plate}


def test_the_version_that_is_used_comes_though_a_later_one_is_there(sender: Sender) -> None:
    asset = sender.asset(sender.shot())
    old, _ = filled(sender, asset_id=asset), filled(sender, number=2, asset_id=asset)
    comp = filled(sender)
    use(sender, comp, old)
    assert used(sender, ("assetversion", comp)) == {comp, old}


@pytest.mark.parametrize("depth", [1, 2, 3, 15])
def test_a_chain_of_any_length_is_followed_in_a_bounded_number_of_requests(sender: Sender, depth: int) -> None:
    chain = [filled(sender) for _ in range(depth + 1)]
    for version, each in zip(chain, chain[1:]):
        use(sender, version, each)
    assert used(sender, ("assetversion", chain[0])) == set(chain)


def test_a_circle_ends(sender: Sender) -> None:
    circle = [filled(sender) for _ in range(5)]
    for version, each in zip(circle, circle[1:] + circle[:1]):
        use(sender, version, each)
    assert used(sender, ("assetversion", circle[2])) == set(circle)
    itself = filled(sender)
    use(sender, itself, itself)
    assert used(sender, ("assetversion", itself)) == {itself}


def test_a_chain_through_several_projects_is_followed(sender: Sender) -> None:
    shots = [
        sender.shot(above) for above in ("show_a/sq010", "show_b/sq010", "show_b/sq010", "show_a/sq010", "show_b/sq010")
    ]
    chain = [filled(sender, shot) for shot in shots]
    for version, each in zip(chain, chain[1:]):
        use(sender, version, each)
    assert used(sender, ("assetversion", chain[0])) == set(chain)


def test_a_shot_brings_the_latest_of_what_it_is_linked_from_and_what_that_uses(sender: Sender) -> None:
    shot, hero, prop = sender.shot(), sender.shot(), sender.shot()
    link(sender, shot, hero)
    link(sender, hero, prop)
    link(sender, prop, shot)
    mine = filled(sender, shot)
    asset = sender.asset(hero)
    filled(sender, asset_id=asset)
    rig, texture, model = filled(sender, number=2, asset_id=asset), filled(sender), filled(sender, prop)
    use(sender, rig, texture)
    assert used(sender, ("shot", shot)) == {mine, rig, texture, model}


@pytest.mark.parametrize(
    "kind", ["sequence", "project", "task", "asset", "assetversion", "component", "list", "review"]
)
def test_however_a_shot_is_picked_what_it_is_linked_from_comes(sender: Sender, kind: str) -> None:
    store = sender.store
    project = store.create("Project", name=f"p-{kind}", project_schema_id=sender.ids["project_schema"])["id"]
    sequence = store.create("Sequence", name="sq", parent_id=project)["id"]
    shot = sender.shot(sequence)
    task = store.create("Task", name="t", parent_id=shot, type_id=sender.ids["type:Lighting"])["id"]
    hero = sender.shot("show_b/sq010")
    link(sender, shot, hero)
    asset = sender.asset(shot)
    version = sender.version(asset, task_id=task)
    component, model = sender.component(version), filled(sender, hero)
    data = {"name": kind, "project_id": project}
    review = store.create("ReviewSession", **data)["id"]
    store.create("ReviewSessionObject", review_session_id=review, version_id=version)
    category_id = store.create("ListCategory", name=kind)["id"]
    chosen = store.create("AssetVersionList", category_id=category_id, **data)["id"]
    store.create("ListObject", list_id=chosen, entity_id=version)
    ids = {"sequence": sequence, "project": project, "task": task, "asset": asset, "assetversion": version}
    ids |= {"component": component, "list": chosen, "review": review}
    picked = "reviewsession" if kind == "review" else kind
    assert used(sender, (picked, ids[kind])) == {version, model}
    assert used(sender, (picked, ids[kind]), latest_only=False) == {version, model}


def test_the_filter_by_name_counts_for_what_is_used_as_well(sender: Sender) -> None:
    comp, plate = filled(sender), filled(sender)
    sender.component(plate, name="proxy")
    use(sender, comp, plate)
    order = Order(Reason.SEND, (Picked("assetversion", comp),), with_used=True, components=("proxy",))
    assert [each.name for each in select(sender.connection, order).components] == ["proxy"]
