"""The manual's page about hosts has the lines of the table, and tells to freeze what is frozen here."""

from __future__ import annotations

from hosting.running import NEEDED
from hosting.table import HOSTS
from manual import MANUAL

PAGE = (MANUAL / "hosts.md").read_text(encoding="utf-8")


def test_the_page_has_a_row_for_each_host_and_says_what_becomes_of_what_it_publishes() -> None:
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    assert [len(row) for row in rows] == [3] * len(rows)
    assert [tuple(row[:2]) for row in rows[1:]] == [(host.name, host.outcome.value) for host in HOSTS]


def test_the_page_tells_to_freeze_an_application_as_it_is_frozen_here() -> None:
    assert f"`pyinstaller {' '.join(NEEDED)} application.py`" in PAGE
