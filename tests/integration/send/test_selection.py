"""Whatever is picked in ftrack, its components are found, in a number of queries that their number decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from ftrack_accsyn_accessor.model.item import Kind, Reason
from ftrack_accsyn_accessor.send.order import Order, Picked
from ftrack_accsyn_accessor.send.selection import Selection, select
from ftrack_accsyn_sandbox.studio import Studio
from sending import Sender

#: What one selection may cost, and what 500 rows may cost in addition.
MOST = 12


@pytest.fixture(scope="module")
def made(running: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A sequence with two shots, below an episode in a folder: ids of all that may be picked, by name."""
    with pytest.MonkeyPatch.context() as patch:
        sender = Sender(running, patch, tmp_path_factory.mktemp("sender"))
        yield build(sender)
        sender.close()


def build(sender: Sender) -> dict[str, str]:
    store, found = sender.store, {"project": sender.ids["show_b"]}
    for name, entity_type, above in (
        ("folder", "Folder", "project"),
        ("episode", "Episode", "folder"),
        ("sequence", "Sequence", "episode"),
        ("shot", "Shot", "sequence"),
        ("other", "Shot", "sequence"),
        ("hero", "AssetBuild", "folder"),
    ):
        found[name] = store.create(entity_type, name=name, parent_id=found[above])["id"]
    for name, above in (("anim", "shot"), ("light", "shot"), ("model", "hero")):
        type_id = sender.ids["type:Animation"]
        found[name] = store.create("Task", name=name, parent_id=found[above], type_id=type_id)["id"]
    for shot, tasks in (("shot", ("anim", "light", "anim")), ("other", ("",)), ("hero", ("model",))):
        found[f"{shot} asset"] = sender.asset(found[shot], name=f"{shot} plate")
        for number, task in enumerate(tasks, 1):
            version = sender.version(found[f"{shot} asset"], number, found.get(task))
            found[f"{shot} v{number}"] = version
            for name in ("main", "proxy"):
                found[f"{shot} v{number} {name}"] = sender.component(version, name=name)
            sender.component(version, name="ftrackreview-mp4")
            sender.component(version, name="thumbnail")
    category_id = store.create("ListCategory", name="Dailies")["id"]
    for name, kind, items in (
        ("version list", "AssetVersionList", ("shot v1", "other v1")),
        ("context list", "TypedContextList", ("shot", "model")),
    ):
        data = {"name": name, "project_id": found["project"], "category_id": category_id}
        found[name] = store.create(kind, **data)["id"]
        for item in items:
            store.create("ListObject", list_id=found[name], entity_id=found[item])
    found["review"] = store.create("ReviewSession", name="Friday", project_id=found["project"])["id"]
    for version in ("shot v2", "hero v1"):
        store.create("ReviewSessionObject", review_session_id=found["review"], version_id=found[version])
    return found


@pytest.fixture
def selected(sender: Sender, made: dict[str, str]) -> Callable[..., list[str]]:
    """Return what is selected, as "shot v1 main"; at most 12 requests."""

    def selected(*picked: tuple[str, str], **wanted: Any) -> list[str]:
        sender.connection.rows('select id from User where id is "x" order by id')
        sender.studio.ftrack.log.clear()
        found = choose(sender, *((kind, made[name]) for kind, name in picked), **wanted)
        assert len(sender.studio.ftrack.log.operations()) <= MOST
        assert not set(found.left_out) - {"ftrackreview-mp4", "thumbnail"}
        names = {each: name for name, each in made.items()}
        return sorted(names[component.id] for component in found.components)

    return selected


def choose(sender: Sender, *picked: tuple[str, str], **wanted: Any) -> Selection:
    return select(sender.connection, Order(Reason.SEND, tuple(Picked(*each) for each in picked), **wanted))


def both(*versions: str) -> list[str]:
    return [f"{version} {name}" for version in versions for name in ("main", "proxy")]


@pytest.mark.parametrize("kind", ["task", "Folder", "shot", "TypedContext", "typed_context", "custom thing"])
def test_a_context_of_any_type_is_known_by_no_case(selected: Any, kind: str) -> None:
    assert selected((kind, "folder")) == both("hero v1", "other v1", "shot v3")


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("show", "project", both("hero v1", "other v1", "shot v3")),
        ("Project", "project", both("hero v1", "other v1", "shot v3")),
        ("episode", "episode", both("other v1", "shot v3")),
        ("sequence", "sequence", both("other v1", "shot v3")),
        ("task", "shot", both("shot v3")),
        ("assetbuild", "hero", both("hero v1")),
        ("task", "anim", both("shot v3")),
        ("task", "light", both("shot v2")),
        ("asset", "shot asset", both("shot v3")),
        ("assetversion", "shot v1", both("shot v1")),
        ("AssetVersion", "shot v1", both("shot v1")),
        ("list", "version list", both("other v1", "shot v1")),
        ("list", "context list", both("hero v1", "shot v3")),
        ("reviewsession", "review", both("hero v1", "shot v2")),
        ("Component", "shot v1 proxy", ["shot v1 proxy"]),
        ("FileComponent", "shot v1 proxy", ["shot v1 proxy"]),
        ("socialfeed", "shot", []),
        ("user", "shot", []),
    ],
)
def test_selection_finds_the_latest(selected: Any, kind: str, name: str, expected: list[str]) -> None:
    assert selected((kind, name)) == expected


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("task", "shot", both("shot v1", "shot v2", "shot v3")),
        ("task", "anim", both("shot v1", "shot v3")),
        ("asset", "shot asset", both("shot v1", "shot v2", "shot v3")),
        ("list", "context list", both("hero v1", "shot v1", "shot v2", "shot v3")),
    ],
)
def test_selection_finds_all_versions_where_all_are_wanted(
    selected: Any, kind: str, name: str, expected: list[str]
) -> None:
    assert selected((kind, name), latest_only=False) == expected


def test_many_of_any_kind_are_one_selection_in_which_nothing_is_twice(selected: Any) -> None:
    picked = (("task", "light"), ("task", "other"), ("assetversion", "shot v1"), ("list", "version list"))
    assert selected(*picked, ("Component", "shot v2 main")) == both("other v1", "shot v1", "shot v2")


def test_names_of_components_are_compared_without_case_and_with_wildcards(selected: Any) -> None:
    assert selected(("task", "shot"), components=("MAIN",)) == ["shot v3 main"]
    assert selected(("task", "shot"), components=("pr*", "main")) == both("shot v3")
    assert selected(("task", "shot"), components=('x" or id is_not "',)) == []
    assert selected(("task", "shot"), components=("take limit 5",)) == []


def test_a_component_that_was_picked_counts_whatever_its_name(selected: Any) -> None:
    assert selected(("component", "shot v1 proxy"), components=("main",)) == ["shot v1 proxy"]


def test_ids_that_are_none_find_nothing(sender: Sender) -> None:
    assert not choose(sender, ("task", 'x") or id is_not none or id in ("y'), ("list", "")).components


def test_what_ftrack_itself_shows_is_left_out_and_named(sender: Sender, made: dict[str, str]) -> None:
    found = choose(sender, ("assetversion", made["shot v1"]))
    assert sorted(found.left_out) == ["ftrackreview-mp4", "thumbnail"]


def test_a_row_tells_all_that_ftrack_knows(sender: Sender, made: dict[str, str]) -> None:
    main, _ = choose(sender, ("assetversion", made["shot v2"])).components
    assert (main.name, main.kind, main.size_bytes) == ("main", Kind.FILE, 100)
    assert main.registered == {sender.ids["studio.hq"]: f"show_a/{main.id}/main.mov"}
    version = main.version
    assert (version.id, version.number, version.name) == (made["shot v2"], 2, "shot shot plate v002")
    assert version.contexts == ("show_b", "folder", "episode", "sequence", "shot")
    assert (version.project_id, version.project_name) == (made["project"], "show_b")
    assert (version.asset, version.task_id) == ("shot plate", made["light"])


def test_nothing_is_asked_where_nothing_is_picked(sender: Sender) -> None:
    sender.studio.ftrack.log.clear()
    assert not choose(sender).components
    assert not sender.studio.ftrack.log.operations()


def test_thousands_of_versions_cost_what_their_rows_cost(sender: Sender, tmp_path: Path) -> None:
    shot = sender.shot("show_a/sq020")
    asset = sender.asset(shot)
    with sender.store.transaction():
        for number in range(1, 1201):
            sender.component(sender.version(asset, number))
    sender.connection.rows('select id from User where id is "x" order by id')
    sender.studio.ftrack.log.clear()
    found = choose(sender, ("shot", shot), latest_only=False)
    assert len(found.components) == 1200
    asked = [name for operation in sender.studio.ftrack.log.operations() for name in operation.split(",")]
    queries = sum(int(name.partition("*")[2] or 1) for name in asked)
    assert queries <= MOST + 2400 // 500
