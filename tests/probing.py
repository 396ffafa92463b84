"""What tests of probes share: an artist whose location is known to ftrack, and what a probe may have left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.insight.doctor import Subject
from ftrack_accsyn_accessor.insight.probe import bench, probe, trial
from ftrack_accsyn_accessor.insight.probe.finding import Report
from ftrack_accsyn_accessor.outbox import probed
from ftrack_accsyn_sandbox import assumptions
from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher, at_work


@pytest.fixture(scope="module")
def artist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """An artist on a machine whose location is known to ftrack."""
    folder = tmp_path_factory.mktemp("probe")
    with pytest.MonkeyPatch.context() as patch, Studio(folder / "studio") as studio:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with at_work(studio, patch, folder / "sources") as publisher:
            publisher.session()
            yield publisher


@pytest.fixture
def studio(artist: Publisher) -> Iterator[Studio]:
    yield artist.studio
    artist.studio.accsyn.switches.clear()
    artist.studio.accsyn.engine.clear_failures()
    artist.studio.accsyn.engine.paused = False
    assumptions.fail(artist.studio.accsyn, [])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what never happens be waited for a moment only."""
    monkeypatch.setattr("ftrack_accsyn_accessor.insight.probe.working.SOON_S", 1.0)
    monkeypatch.setattr("ftrack_accsyn_accessor.insight.probe.reading._PATIENCE_S", (0.01,) * 12)
    monkeypatch.setattr(bench, "PAUSE_S", 0.1)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a task run again within the same second: how its times are told is nothing to these tests."""
    monkeypatch.setattr("ftrack_accsyn_accessor.insight.probe.working.APART_S", 0.0)


def subject() -> Subject:
    return Subject(environment.read_settings(), environment.ftrack_user(), environment.ftrack_credentials())


def outcomes(report: Report) -> dict[str, str]:
    return {each.id: each.outcome.value for each in report.findings}


def what_is_there(studio: Studio) -> list[Any]:
    """Return what a probe has left anywhere."""
    live = [job for job in studio.accsyn.workspace.jobs() if trial.PREFIX in job.name and not job.archived]
    return [*studio.root.rglob(f"{trial.PREFIX}*"), *live, *probed.left()]


def next_one(studio: Studio) -> Report:
    """Return what another probe says that makes nothing, as its machine is offline: it clears away what is left."""
    client = studio.demo.artist_client.id
    studio.accsyn.engine.client_offline(client)
    try:
        return probe.probe(subject())
    finally:
        studio.accsyn.engine.client_online(client)
