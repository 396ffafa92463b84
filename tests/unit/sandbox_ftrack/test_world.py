"""A studio of any size: what is in it, and that finding a little in it costs what is found, not what is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_accsyn_sandbox.ftrack import Store, demo, grammar, query, world
from ftrack_accsyn_sandbox.ftrack.table import Row
from helpers import calls_made

# What a selection asks of components, and of what it leads to; {} takes ids.
CONDITIONS = [
    "Component where version.asset.parent.ancestors.id in ({sequence}) or version.asset.context_id in ({sequence})",
    "Component where version.asset.context_id in ({shot}) and version.is_latest_version is True",
    "Component where version.task_id in ({task})",
    "Component where version.asset.parent.project_id is {project} and name is nothing",
    "Component where version.lists.id in ({version_list})",
    "Component where version.lists any (id in ({version_list}))",
    "Component where version.review_session_objects.review_session_id in ({review})",
    "Component where version.used_in_versions.id in ({version})",
    "AssetVersion where uses_versions any (id is {used})",
    "AssetVersionLink where to_id in ({version})",
    "TypedContext where lists any (id in ({context_list}))",
    "TypedContext where descendants any (id is {shot})",
    "TypedContext where outgoing_links.to_id in ({shot})",
    "ListObject where list_id in ({version_list})",
    "ComponentLocation where component.container_id in ({component})",
    "Appointment where context_id in ({task})",
]


# Conditions of components by which indexes find just what is meant, more than that, and nothing.
PARTS = [
    "id in ({component}, {version})",
    "container_id in ({component})",
    "container_id is none",
    "version_id is {version}",
    "version.task_id in ({task})",
    "version.asset.context_id is {shot}",
    "version.asset.parent.ancestors.id in ({sequence})",
    "version.asset.parent[Shot].parent_id is {sequence}",
    "version.asset.parent[Task].id is {shot}",
    "version has (task_id is {task} and version is 2)",
    "version.lists any (id in ({version_list}))",
    "version_id in (select id from AssetVersion where version is 1)",
    "version_id not_in ({version})",
    "component_locations.location_id is {location}",
    'name like "part%"',
    "size > 100",
]


def studio(shots: int) -> tuple[Store, dict[str, str]]:
    """A world of so many shots, with one list, review session and link of each kind; ids by name."""
    store = Store()
    demo.prepare(store)
    ids = demo.build(store)
    made = world.build(store, ids, shots=shots, versions=2, components=2, frames=shots * 4)
    project_id, version_id = made.project_id, made.version_ids[0]
    ids.update(project=project_id, sequence=made.sequence_ids[0], shot=made.shot_ids[0], task=made.task_ids[0])
    ids.update(version=version_id, component=made.component_ids[0])
    category = store.create("ListCategory", name="Work")["id"]
    for name, kind, entity_id in (
        ("version_list", "AssetVersionList", version_id),
        ("context_list", "TypedContextList", ids["shot"]),
    ):
        ids[name] = store.create(kind, name=name, project_id=project_id, category_id=category)["id"]
        store.create("ListObject", list_id=ids[name], entity_id=entity_id)
    ids["review"] = store.create("ReviewSession", project_id=project_id)["id"]
    store.create("ReviewSessionObject", review_session_id=ids["review"], version_id=version_id)
    ids.update(used=made.version_ids[-1], location=ids["studio.hq"])
    store.create("AssetVersionLink", from_id=ids["used"], to_id=version_id)
    store.create("Appointment", context_id=ids["task"], resource_id=ids["artist"])
    store.create("TypedContextLink", from_id=ids["show_a/assets/hero"], to_id=ids["shot"])
    return store, ids


@pytest.fixture(scope="module")
def small() -> tuple[Store, dict[str, str]]:
    return studio(50)


@pytest.fixture(scope="module")
def large() -> tuple[Store, dict[str, str]]:
    return studio(500)


@pytest.mark.parametrize("condition", [condition for condition in CONDITIONS if "{project}" not in condition])
def test_a_little_is_found_at_the_same_cost_in_a_large_studio(
    condition: str, small: tuple[Store, dict[str, str]], large: tuple[Store, dict[str, str]]
) -> None:
    def cost(store: Store, ids: dict[str, str]) -> int:
        asked = grammar.parse(condition.format(**ids))
        return calls_made(lambda: query.select_all(store, asked))

    # A sequence of 50 shots is in both.
    assert cost(*large) <= cost(*small) * 1.2 + 100


@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_an_index_finds_is_what_a_search_of_everything_finds(
    condition: str, small: tuple[Store, dict[str, str]]
) -> None:
    by_index, all_searched = found(condition, *small)
    assert by_index == all_searched
    assert bool(by_index) == ("nothing" not in condition)


def conditions() -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(PARTS),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: "({} {} {})".format(*parts)),
            inner.map("not ({})".format),
        ),
        max_leaves=5,
    )


def found(condition: str, store: Store, ids: dict[str, str]) -> tuple[list[Row], list[Row]]:
    """The rows that indexes find by a condition, and those that a search of everything does."""
    asked = grammar.parse(condition.format(**ids))
    with pytest.MonkeyPatch.context() as without_indexes:
        without_indexes.setattr(query, "_plan", lambda *_: None)
        all_searched = query.select_all(store, asked)
    return query.select_all(store, asked), all_searched


@pytest.mark.parametrize("part", PARTS)
def test_no_part_of_a_condition_is_taken_for_more_than_its_index_tells(
    part: str, small: tuple[Store, dict[str, str]]
) -> None:
    by_index, all_searched = found(f"Component where {part}", *small)
    assert by_index == all_searched


@given(condition=conditions())
def test_indexes_find_the_same_however_conditions_are_combined(
    condition: str, small: tuple[Store, dict[str, str]]
) -> None:
    by_index, all_searched = found(f"Component where {condition}", *small)
    assert by_index == all_searched


def test_a_page_after_the_first_searches_nothing(large: tuple[Store, dict[str, str]]) -> None:
    store, ids = large
    page = "FileComponent where version.asset.parent.project_id is {project} order by id offset {offset} limit 100"
    first, second = (grammar.parse(page.format(project=ids["project"], offset=offset)) for offset in (0, 100))
    assert query.select(store, first)[1] == 100
    assert calls_made(lambda: query.select(store, second)) < 100
    store.update("Project", ids["project"], full_name="Renamed")
    assert calls_made(lambda: query.select(store, second)) > 500, "after a write it is searched anew"


def test_a_world_has_what_was_asked_for() -> None:
    store = Store()
    demo.prepare(store)
    ids = demo.build(store)
    made = world.build(store, ids, shots=4, versions=3, components=2, frames=1_001)
    assert len(made.version_ids) == 12
    assert len(made.component_ids) == 24
    sequences = store.find("SequenceComponent")
    assert len(sequences) == 11
    members = [row for row in store.find("FileComponent") if row["container_id"]]
    assert len(members) == made.frames == 1_001
    places = {row["component_id"]: row["resource_identifier"] for row in store.find("ComponentLocation")}
    assert set(places) == {row["id"] for row in members} | set(made.component_ids)
    assert len(set(places.values())) == len(places)
    first = places[made.component_ids[0]]
    assert first == "big/sq001/sh0001/main/v001/part1.%04d.exr"
    assert {row["size"] for row in sequences} == {sum(row["size"] for row in members) // 11}


def test_a_world_may_be_registered_nowhere() -> None:
    store = Store()
    demo.prepare(store)
    world.build(store, demo.build(store), shots=1, versions=1, location=None)
    assert store.find("ComponentLocation") == []
    assert len(store.find("FileComponent")) == 3
