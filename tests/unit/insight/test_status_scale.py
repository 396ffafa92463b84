"""What the snapshot costs as the outbox grows, counted in steps of SQLite's machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from ftrack_accsyn_accessor.insight import rows, status
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import Outbox
from unit.outbox.conftest import Desk

FEW, MANY = 2_000, 20_000


def filled(path: Path, items: int) -> Desk:
    """Return a desk whose outbox has *items*, evenly in all states."""
    desk = Desk(path)
    desk.pending("c")
    states = [state.value for state in State]
    columns = (
        "component_name, kind, path, studio, resource_identifier, location_id, location_name, server_url, username, "
        "project_id, project_name, version_id, version_name, size_bytes, file_count, created_at, updated_at"
    )
    with desk.outbox._connections.writing() as connection:
        connection.executemany(
            f"INSERT INTO item (component_id, state, {columns}) SELECT ?, ?, {columns} FROM item WHERE id = 1",
            [(f"component-{number:06d}", states[number % len(states)]) for number in range(items - 1)],
        )
    assert status.summary(desk.outbox).items == items
    return desk


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    few, many = filled(tmp_path / "few.sqlite3", FEW), filled(tmp_path / "many.sqlite3", MANY)
    yield few, many
    few.outbox.close()
    many.outbox.close()


def steps(outbox: Outbox, read: Callable[[Outbox], object]) -> int:
    """Return how many instructions SQLite runs while *read* reads."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    with outbox._connections.reading() as connection:
        connection.set_progress_handler(count, 1)
    read(outbox)
    with outbox._connections.reading() as connection:
        connection.set_progress_handler(None, 1)
    return taken


@pytest.mark.parametrize(
    ("read", "most_per_item"),
    [
        pytest.param(status.summary, 25, id="summary"),
        pytest.param(lambda outbox: rows.rows(outbox, limit=100), 20, id="first page"),
        pytest.param(lambda outbox: rows.rows(outbox, search="component-0019", limit=100), 35, id="search"),
    ],
)
def test_reading_costs_a_few_steps_for_an_item_however_many_there_are(
    desks: tuple[Desk, Desk], read: Callable[[Outbox], object], most_per_item: int
) -> None:
    few, many = (steps(desk.outbox, read) for desk in desks)

    assert few > 0
    assert many <= MANY * most_per_item
    assert many <= few * 11


def test_page_deep_in_the_table_costs_little_more_than_the_first(desks: tuple[Desk, Desk]) -> None:
    _, many = desks
    first = steps(many.outbox, lambda outbox: rows.rows(outbox, limit=100))
    last = steps(many.outbox, lambda outbox: rows.rows(outbox, limit=100, offset=MANY - 100))
    assert last <= first * 1.5
