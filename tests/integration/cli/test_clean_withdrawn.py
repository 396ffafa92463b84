"""`clean --withdrawn` frees the staged files of what nobody wants any more, so that its path can be published again."""

from __future__ import annotations

import os
from typing import Any

import pytest

from cleaning import Told, registered, staged
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher

SHOW = ("clean", "--withdrawn")
APPLY = (*SHOW, "--apply")
FOLDER = "show_a/sq010/sh010/plate/v001"


def withdrawn(publisher: Publisher) -> dict[str, Any]:
    """Publish a movie and a sequence while accsyn is away, delete their version, and let all applications end."""
    publisher.studio.accsyn.switches.refuse(True)
    session = publisher.session()
    version = publisher.version(session)
    components = {
        "movie": publisher.publish_file(version, "movie"),
        "frames": publisher.publish_sequence(version, range(1001, 1004)),
    }
    publisher.studio.ftrack.store.delete("AssetVersion", version["id"])
    session.reset()
    publisher.studio.accsyn.switches.refuse(False)
    for component in components.values():
        wait_until(lambda: publisher.item(component).state is State.WITHDRAWN, 30, "the withdrawal")  # noqa: B023
    publisher.rest()
    return components


def test_withdrawn_files_are_shown_then_freed_and_their_items_forgotten(
    publisher: Publisher, run: Run, told: Told
) -> None:
    withdrawn(publisher)
    before = staged(publisher)

    shown = told(*SHOW)

    assert len(before) == 4
    assert (shown["freeable_bytes"], shown["freed_bytes"]) == (2000 + 3 * 200, 0)
    assert staged(publisher) == before
    assert "movie.mov" in run(*SHOW).stdout
    found = told(*APPLY)
    assert found["freed_bytes"] == 2000 + 3 * 200
    assert staged(publisher) == set()
    assert list(publisher.outbox.items()) == []
    assert publisher.hq() == {}


def test_failed_publish_can_be_repeated_and_what_is_not_published_again_is_freed(
    publisher: Publisher, told: Told
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    session = publisher.session()
    version = publisher.version(session)
    for name in ("movie", "thumb"):
        publisher.publish_file(version, name)
    session.delete(version)  # as the third component could not be staged
    session.commit()
    session.reset()
    publisher.studio.accsyn.switches.refuse(False)
    wait_until(
        lambda: {item.state for item in publisher.outbox.items()} == {State.WITHDRAWN}, 30, "both to be withdrawn"
    )
    again = publisher.version(session)
    assert again["version"] == 1

    component = publisher.publish_file(again, "movie")

    wait_until(lambda: publisher.item(component).state is State.SYNCED, 30, "the arrival")
    assert set(publisher.hq()) == {f"{FOLDER}/movie.mov"}
    assert registered(publisher, component) == {"staging", "studio.hq"}
    publisher.rest()
    assert told(*APPLY)["freed_bytes"] == 2000
    assert staged(publisher) == {f"{FOLDER}/movie.mov"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("written to", "was written to since it was published"),
        ("in ftrack after all", "ftrack has it in the staging location after all"),
        ("another component's", "in the staging location under its path"),
        ("shared", "belongs to another component as well"),
        ("another studio", "belongs to another studio"),
        ("hidden project", "this project is not shown to"),
    ],
)
def test_withdrawn_files_that_somebody_may_need_stay(
    publisher: Publisher, told: Told, change: str, reason: str
) -> None:
    components = withdrawn(publisher)
    movie = publisher.item(components["movie"])
    changed(publisher, movie, change)

    found = told(*APPLY)

    stays = {item["path"].rpartition("/")[2]: item["stays_because"] for item in found["items"]}
    assert reason in stays["movie.mov"]
    assert f"{FOLDER}/movie.mov" in staged(publisher)
    assert movie.publication.component_id in {item.publication.component_id for item in publisher.outbox.items()}


def changed(publisher: Publisher, movie: Any, change: str) -> None:
    store = publisher.studio.ftrack.store
    if change == "written to":
        os.utime(publisher.studio.staging / movie.publication.path, ns=(1, 1))
    elif change == "in ftrack after all":
        store.create("FileComponent", id=movie.publication.component_id, name="movie")
        register(publisher, movie.publication.component_id, movie)
    elif change == "another component's":
        other = store.create("FileComponent", name="other")
        register(publisher, other["id"], movie)
    elif change == "shared":
        import dataclasses

        publisher.outbox.prepare([dataclasses.replace(movie.publication, component_id="other")], "owner")
    elif change == "another studio":
        with publisher.outbox._connections.writing() as connection:
            connection.execute("UPDATE item SET server_url = 'https://other.test'")
    else:
        store.delete("Project", publisher.studio.ids["show_a"])


def register(publisher: Publisher, component_id: str, movie: Any) -> None:
    publisher.studio.ftrack.store.create(
        "ComponentLocation",
        component_id=component_id,
        location_id=movie.publication.location_id,
        resource_identifier=movie.publication.resource_identifier,
    )


def test_pinned_withdrawn_files_stay(publisher: Publisher, run: Run, told: Told) -> None:
    withdrawn(publisher)
    run("clean", "--pin", publisher.studio.staging / FOLDER)

    assert [item["stays_because"] for item in told(*APPLY)["items"]] == ["it is pinned"] * 2
    assert len(staged(publisher)) == 4


@pytest.mark.parametrize("other", [("--older-than", "1"), ("--quota", "1G")])
def test_withdrawn_is_asked_for_alone(publisher: Publisher, run: Run, other: tuple[str, str]) -> None:
    assert run(*SHOW, *other).exit_code == exit_codes.USAGE
