"""Figures of groups, as strict sessions ask for them."""

from __future__ import annotations

from typing import Any, Iterator

import ftrack_api
import pytest
from ftrack_api.exception import ServerError

from ftrack_accsyn_sandbox.ftrack import FtrackService, demo


@pytest.fixture(scope="module")
def ids(service: FtrackService) -> dict[str, str]:
    ids = demo.build(service.store)
    for number, name in enumerate(("sh010", "sh020", "sh030"), start=1):
        task_id = ids[f"show_a/sq010/{name}/Lighting"]
        service.store.update("Task", task_id, bid=number * 3600, status_id=ids["status:Approved"])
    return ids


@pytest.fixture
def session(service: FtrackService, ids: dict[str, str]) -> Iterator[ftrack_api.Session]:
    with ftrack_api.Session(
        service.url,
        "artist-key",
        "artist",
        schema_cache_path=False,
        plugin_paths=[],
        auto_connect_event_hub=False,
        strict_api=True,
    ) as session:
        yield session


def figures(session: Any, expression: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = session.call([{"action": "query", "expression": expression}])[0]["data"]
    return data


def test_entities_are_counted_by_what_they_have_in_common(ids: dict[str, str], session: Any) -> None:
    found = figures(
        session, "select count(id) from Task where parent.parent.name is sq010 group by project_id, status_id"
    )
    in_show_a = {row["status_id"]: row["count_id"] for row in found if row["project_id"] == ids["show_a"]}
    assert in_show_a == {ids["status:Approved"]: 3, ids["status:Not started"]: 9}
    assert ids["show_p"] not in {row["project_id"] for row in found}


def test_figures_are_worked_out_of_numbers(ids: dict[str, str], session: Any) -> None:
    functions = ", ".join(f"{name}(bid)" for name in ("sum", "avg", "min", "max", "count"))
    (row,) = figures(session, f"select {functions} from Task where status.name is Approved group by status_id")
    told = [row[f"{name}_bid"] for name in ("sum", "avg", "min", "max", "count")]
    assert told == [21600, 7200, 3600, 10800, 3]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("select count(id) from Task", "ParseError"),
        ("select count(id) from Task group by status.name", "cannot be grouped"),
        ("select sum(name) from Task group by status_id", "needs numbers"),
        ("select count(colour) from Task group by status_id", "does not exist"),
        ("select count(id) from Spaceship group by status_id", "Unknown entity type"),
    ],
)
def test_impossible_figures_are_refused(session: Any, expression: str, message: str) -> None:
    with pytest.raises(ServerError, match=message):
        figures(session, expression)


def test_who_is_not_strict_gets_none(service: FtrackService, ids: dict[str, str]) -> None:
    with (
        ftrack_api.Session(
            service.url, "artist-key", "artist", schema_cache_path=False, plugin_paths=[], auto_connect_event_hub=False
        ) as lax,
        pytest.raises(ServerError, match="strict"),
    ):
        figures(lax, "select count(id) from Task group by status_id")
