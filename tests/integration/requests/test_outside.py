"""What is asked for on a machine without a staging area: the outbox in the user's state folder, and the same worker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from asking import Asking
from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials
from ftrack_accsyn_accessor.model.errors import OutboxUnusable
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_accessor.outbox.file import outside_path
from ftrack_accsyn_accessor.worker.runtime import OutsideRuntime, open_outside, stop_all
from helpers import wait_until


@pytest.fixture
def runtime(desk: Asking) -> Iterator[OutsideRuntime]:
    desk.environment.pop("ACCSYN_PROJECTS_PATH")
    person = desk.studio.artist
    ftrack = FtrackCredentials(desk.studio.ftrack.url, person.ftrack_user, person.ftrack_key)
    running = open_outside(desk.read_settings(), ftrack, desk.read_settings)
    desk.outbox = running.outbox
    yield running
    stop_all(30.0)


def test_a_machine_without_staging_area_sends_from_anywhere_to_anywhere(desk: Asking, runtime: OutsideRuntime) -> None:
    assert runtime.outbox.path == Path(os.environ["XDG_STATE_HOME"], "ftrack-accsyn", "requests", "requests.sqlite3")
    plate = desk.file_at(desk.hq, "plate")

    request = desk.ask(desk.hq, desk.london, plate)
    runtime.wake()

    wait_until(lambda: desk.states(request) == [State.SYNCED], 30.0, "the component to be there")
    assert desk.arrived(desk.london, plate, desk.hq)
    assert list(desk.registered(desk.london)) == [plate.publication.component_id]


def test_nothing_is_fetched_where_there_is_no_staging_area_and_all_else_goes(
    desk: Asking, runtime: OutsideRuntime
) -> None:
    plate = desk.file_at(desk.hq, "plate")

    fetch = desk.ask(desk.hq, desk.here, plate, reason=Reason.GET)
    send = desk.ask(desk.hq, desk.london, plate)
    runtime.wake()

    wait_until(lambda: desk.states(send) == [State.SYNCED], 30.0, "the component to be there")
    assert desk.states(fetch) == [State.PENDING]
    assert "no staging area" in desk.of(fetch)[0].cause


def test_missing_credentials_are_a_problem_and_a_missing_folder_is_none() -> None:
    nothing = settings.outside(settings.read({}))
    without_key = settings.outside(settings.read({"ACCSYN_WORKSPACE": "acme", "ACCSYN_API_USER": "a@b.c"}))
    broken = settings.outside(settings.read({"ACCSYN_PROJECTS_PATH": "not/absolute", "ACCSYN_WORKSPACE": "acme"}))

    assert [each.variable for each in nothing.problems] == ["ACCSYN_WORKSPACE", "ACCSYN_API_USER", "ACCSYN_API_KEY"]
    assert [each.variable for each in without_key.problems] == ["ACCSYN_API_KEY"]
    assert [each.variable for each in broken.problems] == ["ACCSYN_API_USER", "ACCSYN_API_KEY"]


def test_a_user_without_home_is_told_where_an_outbox_may_be(tmp_path: Path) -> None:
    assert outside_path(str(tmp_path), None).parent == tmp_path
    with pytest.raises(OutboxUnusable, match="FTRACK_ACCSYN_OUTBOX"):
        outside_path(None, None)
