"""What is in the archive, for whoever types: told, pinned, freed and published anew as if it were in the outbox."""

from __future__ import annotations

from typing import Any

import pytest

from cleaning import ALL, APPLY, Told, arrived, make_old, registered, staged
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher

__all__ = ["arrived"]


@pytest.fixture
def archived(publisher: Publisher, arrived: dict[str, Any]) -> dict[str, Any]:
    """Let all that has arrived be in the archive."""
    make_old(publisher, 30)
    publisher.outbox.moving.step(publisher.outbox._clock() - 7 * 86400)
    assert list(publisher.outbox.items()) == []
    assert staged(publisher) != set()
    return arrived


def test_all_of_it_is_told(publisher: Publisher, archived: dict[str, Any], run: Run, told: Told) -> None:
    status = told("status")
    assert (status["summary"]["synced"], len(status["items"]), status["exit_code"]) == (3, 3, exit_codes.OK)
    assert [each["state"] for each in told("log")["items"]] == ["synced"] * 3
    assert [each["component_id"] for each in told("log", "movie")["items"]] == [archived["file"]["id"]]
    for what in ("plate v001 movie", archived["file"]["id"], archived["file"]["version_id"]):
        assert run("why", what).exit_code == exit_codes.OK
    assert run("why", str(next(publisher.studio.staging.rglob("*1003*.exr")))).exit_code == exit_codes.OK
    outcome = told("reconcile", "--dry-run")["outcome"]
    assert (outcome["registered"], outcome["known"], outcome["queued"]) == (3, 3, [])


def test_it_is_freed_when_it_is_not_pinned(
    publisher: Publisher, archived: dict[str, Any], run: Run, told: Told
) -> None:
    assert run("clean", "--pin", "plate v001 movie").exit_code == exit_codes.OK
    assert {item["stays_because"] for item in told(*ALL)["items"]} == {"it is pinned", ""}
    assert told("clean", "--older-than", "40")["items"] == []
    assert len(told("clean", "--quota", "1k")["items"]) == 3
    run("clean", "--unpin", "plate v001 movie")

    found = told(*APPLY)

    assert found["freed_bytes"] == 2000 + 5 * 200 + 2 * 20
    assert staged(publisher) == set()
    assert registered(publisher, archived["file"]) == {"studio.hq"}
    assert told(*APPLY)["items"] == []
    assert [each["ended"] for each in told("log")["past"]] == ["freed"] * 3
    assert told("log")["items"] == []
    assert told("status")["summary"]["synced"] == 0


def test_what_ftrack_does_not_have_any_more_is_freed_as_withdrawn(
    publisher: Publisher, archived: dict[str, Any], told: Told
) -> None:
    publisher.studio.ftrack.store.delete("AssetVersion", archived["file"]["version_id"])
    found = told("clean", "--withdrawn", "--apply")
    assert {item["stays_because"] for item in found["items"]} == {""}
    assert staged(publisher) == set()


def test_it_is_published_anew(publisher: Publisher, archived: dict[str, Any]) -> None:
    found = (item.publication for item in publisher.outbox.resting.archived())
    publication = next(each for each in found if each.component_id == archived["file"]["id"])
    publisher.outbox.prepare([publication], "owner")
    publisher.outbox.activate([publication.component_id], publication.location_id)
    session = publisher.session()

    wait_until(lambda: publisher.item(archived["file"]).state is State.SYNCED, 30, "the arrival")

    assert registered(publisher, archived["file"]) == {"staging", "studio.hq"}
    session.close()
