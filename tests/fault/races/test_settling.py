"""Prepared items that were never confirmed: asked after at the right server, and no more often than makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ftrack_api
import pytest

from fault.support_fixtures import Run
from fault.support_kill import PUBLISH_STEPS
from fault.support_machinery import Clock, Machinery
from fault.support_studio import assert_nothing_lost_or_doubled, outbox, registered
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.studio import Studio

HOUR_S = 3600.0


@pytest.fixture
def machinery(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machinery]:
    made = Machinery(studio, Clock(2_000_000_000.0), tmp_path / "sources", monkeypatch)
    yield made
    made.close()


def refused_publish(studio: Studio, machinery: Machinery) -> None:
    """Publish while ftrack refuses to register; the host's session keeps the operation for its next commit."""
    body = {"exception": "ServerError", "content": "Server is busy", "error_code": None}
    studio.ftrack.switches.fail_next("create:ComponentLocation", status=200, body=body)
    with pytest.raises(ftrack_api.exception.LocationError):
        machinery.publish("file", "plate")
    assert machinery.outbox.counts()[State.PREPARED] == 1


def test_publish_that_ftrack_refused_is_withdrawn_at_once_and_looked_at_again_rarely_for_an_hour(
    studio: Studio, machinery: Machinery
) -> None:
    refused_publish(studio, machinery)
    studio.ftrack.log.clear()
    machinery.step()
    assert machinery.outbox.counts()[State.WITHDRAWN] == 1
    until = machinery.clock.monotonic + 2 * HOUR_S

    while machinery.clock.monotonic < until:
        machinery.step()
        machinery.clock.advance(5.0)

    asked = studio.ftrack.log.count("query:ComponentLocation")
    assert 3 <= asked <= 3 * (1 + HOUR_S / 300.0)
    assert studio.accsyn.log.count() == 0
    assert machinery.outbox.counts()[State.WITHDRAWN] == 1


def test_publish_that_ftrack_refused_is_submitted_when_the_host_commits_it_later(
    studio: Studio, machinery: Machinery
) -> None:
    refused_publish(studio, machinery)
    for _ in range(60):
        machinery.step()
        machinery.clock.advance(10.0)
    assert machinery.outbox.counts()[State.WITHDRAWN] == 1

    machinery.session.commit()

    machinery.step_until(lambda: machinery.outbox.counts()[State.SUBMITTED] == 1, 400.0)
    assert len(registered(studio)) == 1


def test_publish_whose_registration_was_not_answered_is_submitted_when_ftrack_turns_out_to_have_it(
    studio: Studio, machinery: Machinery
) -> None:
    studio.ftrack.switches.drop_after("create:ComponentLocation")
    with pytest.raises(ftrack_api.exception.LocationError):
        machinery.publish("sequence", "plate")

    machinery.step_until(lambda: machinery.outbox.counts()[State.SUBMITTED] == 1, 60.0)

    assert_nothing_lost_or_doubled(studio)
    assert len(registered(studio)) == 1


def test_publish_that_ftrack_refused_is_withdrawn_when_its_process_has_ended(
    studio: Studio, machinery: Machinery
) -> None:
    refused_publish(studio, machinery)
    machinery.owner.release()

    machinery.step_until(lambda: machinery.outbox.counts()[State.WITHDRAWN] == 1, 40.0)

    assert studio.accsyn.log.count() == 0


def test_prepared_item_is_not_given_up_by_a_session_of_another_ftrack_server(
    studio: Studio, run: Run, tmp_path: Path
) -> None:
    """The same user publishes to a test server from the same machine: that server knows nothing of the component."""
    killed = run("publish", kill=vars(PUBLISH_STEPS["about to be pending"]), items=[["file", "plate"]])
    assert killed.wait() < 0
    with Studio(tmp_path / "other") as other:
        variables = {name: other.environment()[name] for name in ("FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY")}
        elsewhere = run("publish", {**variables}, items=[["file", "elsewhere"]])
        assert elsewhere.wait() == 0, elsewhere.output
    assert outbox(studio).counts()[State.PREPARED] == 1

    assert run("recover").wait() == 0

    assert {path for files in registered(studio).values() for path in files.values()} == {
        "show_a/sq010/sh010/plate/v001/plate.mov"
    }
    assert (studio.staging / "show_a/sq010/sh010/plate/v001/plate.mov").exists()
    assert outbox(studio).counts()[State.PREPARED] == 0
