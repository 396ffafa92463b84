"""A publish of the framework that fails in the middle leaves nothing half-published, and can be done again."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from e2e.framework.applications import Application, Desk
from ftrack_accsyn_accessor.model.item import Item, State
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outbox_path
from helpers import wait_until

# The slow tier: an environment of the framework is installed at its first use, for each CPython.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MOVIE = "show_a/sq010/sh010/comp/v001/movie.mov"


def items(desk: Desk) -> list[Item]:
    with contextlib.closing(Outbox(outbox_path(None, str(desk.studio.staging)))) as outbox:
        return list(outbox.items())


def are_withdrawn(desk: Desk) -> None:
    def all_are() -> bool:
        states = {item.state for item in items(desk)}
        return states == {State.WITHDRAWN}

    wait_until(all_are, 30.0, "what was rolled back to be withdrawn")


def assert_rolled_back(desk: Desk, application: Application) -> None:
    assert "Rolled back" in application.message("publish_version")
    assert desk.versions() == []
    assert desk.rows("FileComponent", name="movie") == []


def publish_again(desk: Desk) -> None:
    """The artist presses the button once more, and this time nothing fails."""
    again = desk.file("cut.mov")
    with desk.application("publish-shot", MOVIE=again) as application:
        assert application.plugins()["publish_version", None]["good"], application.text
        wait_until(lambda: [item.state for item in items(desk)] == [State.SYNCED], 30.0, "the arrival of the one item")
    assert desk.hq_files() == {MOVIE: Path(again).read_bytes()}
    assert desk.at("studio.hq") == [MOVIE]
    assert [version["version"] for version in desk.versions()] == [1]


def test_exporter_that_fails_publishes_nothing(desk: Desk) -> None:
    with desk.application("break-in-export", MOVIE=desk.file("cut.mov")) as application:
        assert "could not export" in application.message("break_off")
    assert desk.versions() == []
    assert list(desk.studio.staging.rglob("*.mov")) == []
    assert items(desk) == []


def test_version_that_was_rolled_back_is_not_carried_and_is_published_again_under_its_number(desk: Desk) -> None:
    desk.studio.accsyn.switches.refuse(True)
    picture = desk.file("picture.exr")  # ftrack takes no thumbnail of this type
    with desk.application("publish-shot", MOVIE=desk.file("cut.mov"), THUMBNAIL=picture) as application:
        assert_rolled_back(desk, application)
        desk.studio.accsyn.switches.refuse(False)
        are_withdrawn(desk)
        assert desk.studio.accsyn.workspace.jobs() == []
    publish_again(desk)


def test_what_had_arrived_before_its_version_was_rolled_back_gives_way_to_the_next_publish(desk: Desk) -> None:
    hold = desk.folder / "hold"
    movie = desk.file("cut.mov")
    with desk.application("publish-shot", MOVIE=movie, LATE=desk.missing, HOLD=str(hold)) as application:
        desk.arrived(MOVIE)
        hold.touch()
        assert_rolled_back(desk, application)
        assert desk.at("studio.hq") == []
    publish_again(desk)


@pytest.mark.parametrize("python", ["3.11"], indirect=True)
def test_what_was_under_way_when_its_version_was_rolled_back_is_in_ftrack_with_the_next_content_alone(
    desk: Desk,
) -> None:
    hold, engine = desk.folder / "hold", desk.studio.accsyn.engine
    engine.hold_at("show_a/*.mov")
    with desk.application("publish-shot", MOVIE=desk.file("cut.mov"), LATE=desk.missing, HOLD=str(hold)) as application:
        assert engine.wait_held() == MOVIE
        hold.touch()
        assert_rolled_back(desk, application)
    again = desk.file("cut.mov", 4000)
    with desk.application("publish-shot", MOVIE=again) as application:
        assert application.plugins()["publish_version", None]["good"], application.text
        engine.release()
        desk.arrived(MOVIE)
    assert desk.hq_files() == {MOVIE: Path(again).read_bytes()}
    assert [version["version"] for version in desk.versions()] == [1]
