"""What somebody types means what was let go as it means what is there."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.insight import naming, past
from ftrack_accsyn_accessor.model.errors import NotOne, Refused
from unit.outbox.conftest import Desk


def stuck(desk: Desk, *components: tuple[str, str, str]) -> None:
    """Leave items that need attention: the id of a component, its name, and the version that it is of."""
    for component_id, name, version in components:
        names = {"component_name": name, "version_name": version, "context": "sq010/sh010"}
        publication = desk.publication(component_id, path=f"show_a/{component_id}", **names)
        desk.outbox.prepare([publication], "owner")
        desk.outbox.activate([component_id], publication.location_id)
        desk.outbox.needs_attention([desk.item(component_id)], Refused("add tasks", "job", "no"), None)


def forget(desk: Desk, *component_ids: str) -> None:
    desk.outbox.past.forget([desk.item(each).id for each in component_ids], "artist@ws1")


def ids(desk: Desk, text: str) -> list[str]:
    return [each.row.component_id for each in past.past(desk.outbox, text)]


def refused(desk: Desk, text: str) -> NotOne:
    with pytest.raises(NotOne) as caught:
        past.past(desk.outbox, text)
    return caught.value


def test_words_mean_one_or_list_what_one_types_for_each(desk: Desk) -> None:
    stuck(desk, ("c1", "main", "comp v001"), ("c2", "main", "plate v001"))
    titles = [naming.named(desk.outbox, each)[0].title for each in ("c1", "c2")]
    forget(desk, "c1", "c2")

    assert ids(desk, "COMP main") == ["c1"]
    assert ids(desk, titles[1]) == ["c2"]
    assert ids(desk, "no such shot") == []
    assert set(refused(desk, "sh010 main").candidates) == set(titles)
    assert "2 that are not on this machine any more are called that" in refused(desk, "sh010 main").outcome


def test_more_than_anybody_reads_are_counted(desk: Desk) -> None:
    components = [f"c{number:02}" for number in range(naming.MOST + 3)]
    stuck(desk, *((each, each, "comp v001") for each in components))
    forget(desk, *components)

    found = refused(desk, "comp v001")

    assert len(found.candidates) == naming.MOST
    assert "and 3 more" in str(found)


def test_what_was_let_go_twice_is_one_component(desk: Desk) -> None:
    for _ in range(2):
        stuck(desk, ("c1", "main", "comp v001"))
        desk.clock.now += 1
        forget(desk, "c1")

    assert ids(desk, "comp main") == ["c1", "c1"]


def test_a_version_means_all_that_was_let_go_of_it(desk: Desk) -> None:
    stuck(desk, ("c1", "main", "comp v001"), ("c2", "side", "comp v001"))
    version_id = desk.item("c1").publication.version_id
    forget(desk, "c1", "c2")

    assert {each.row.component_id for each in past.of_entity(desk.outbox, version_id)} == {"c1", "c2"}
    assert [each.row.component_id for each in past.of_entity(desk.outbox, "c2")] == ["c2"]
