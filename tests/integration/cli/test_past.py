"""After `clean`, `why` and `log` still tell when something arrived, where, and when it was freed."""

from __future__ import annotations

from typing import Any

import pytest

from cleaning import ALL, APPLY, Told, Work, make_old, now, registered, staged
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.upkeep import DAY_S, Policy
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher

BASE = "show_a/sq010/sh010/plate/v001"


@pytest.fixture
def arrived(publisher: Publisher) -> dict[str, Any]:
    """Publish a file and a sequence and let them arrive; no application runs any more."""
    version = publisher.version(publisher.session())
    movie, frames = publisher.publish_file(version, "movie"), publisher.publish_sequence(version, [1, 2])
    components = {"movie": movie, "frames": frames}
    for component in components.values():
        wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")  # noqa: B023
    publisher.close()
    return components


def test_what_was_freed_is_told_by_id_path_frame_and_words(
    publisher: Publisher, arrived: dict[str, Any], run: Run, told: Told
) -> None:
    synced_at = publisher.item(arrived["movie"]).synced_at
    told(*APPLY)
    assert list(publisher.outbox.items()) == []

    for text in (arrived["movie"]["id"], "plate v001 movie", f"{BASE}/movie.mov", "SH010 movie"):
        answer = run("why", text)
        assert answer.exit_code == exit_codes.OK
        assert answer.stdout.startswith("show_a sq010/sh010 plate v001 movie: It arrived at studio.hq on ")
        assert ", and was freed here on " in answer.stdout
        (gone,) = told("log", text)["past"]
        assert (gone["destination"], gone["ended"], gone["ended_by"]) == ("studio.hq", "freed", "")
        assert (gone["arrived_at"], gone["size_bytes"]) == (synced_at, 2000)
        assert gone["ended_at"] >= synced_at
    assert [each["path"] for each in told("log", f"{publisher.studio.staging}/{BASE}/frames.0002.exr")["past"]] == [
        f"{BASE}/frames.%04d.exr"
    ]
    assert "freed" in run("log").stdout
    several = run("why", "plate v001")
    assert several.exit_code == exit_codes.FAILED
    assert "plate v001 frames" in several.stderr
    assert run("why", "plate v002").exit_code == exit_codes.FAILED
    assert run("log", "plate v002").exit_code == exit_codes.FAILED


def test_what_is_freed_in_the_background_is_told_and_goes_on_being_so_when_it_is_published_anew(
    publisher: Publisher, arrived: dict[str, Any], run: Run, told: Told
) -> None:
    make_old(publisher, 40)
    work = Work(publisher)
    for candidate in work.cleaner.plan(Policy(older_than_s=30 * DAY_S), now()):
        assert work.cleaner.free(candidate).objection == ""
    work.close()
    publication = work.outbox.past.of_component(arrived["movie"]["id"])[0].found.item.publication
    publisher.outbox.prepare([publication], "owner")
    publisher.outbox.activate([publication.component_id], publication.location_id)

    log = told("log", "plate v001 movie")

    assert [each["state"] for each in log["items"]] == ["pending"]
    assert [each["ended"] for each in log["past"]] == ["freed"]
    assert run("why", "plate v001 movie").exit_code == exit_codes.UNSENT


def test_what_has_arrived_of_a_version_that_ftrack_does_not_have_any_more_is_freed_as_withdrawn(
    publisher: Publisher, arrived: dict[str, Any], run: Run, told: Told
) -> None:
    publisher.studio.ftrack.store.delete("AssetVersion", arrived["movie"]["version_id"])
    stays = {item["stays_because"] for item in told(*ALL)["items"]}
    assert stays == {"ftrack does not know it any more: --withdrawn frees it"}

    shown = told("clean", "--withdrawn")
    assert (shown["freeable_bytes"], len(staged(publisher))) == (2400, 3)
    found = told("clean", "--withdrawn", "--apply")

    assert (found["freed_bytes"], staged(publisher)) == (2400, set())
    assert registered(publisher, arrived["movie"]) == set()
    assert len(publisher.hq()) == 3  # what is at the destination is not ours to remove
    assert "It arrived at studio.hq on" in run("why", arrived["movie"]["id"]).stdout


def test_what_waits_of_a_version_that_ftrack_does_not_have_is_not_freed_by_it(publisher: Publisher, told: Told) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    version = publisher.version(publisher.session())
    component = publisher.publish_file(version, "movie")
    publisher.close()
    assert publisher.item(component).state is State.PENDING
    publisher.studio.ftrack.store.delete("AssetVersion", version["id"])

    assert told("clean", "--withdrawn", "--apply")["items"] == []
    assert len(staged(publisher)) == 1
