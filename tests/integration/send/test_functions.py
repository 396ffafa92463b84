"""A studio's own tools send, get and sync by a function each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_accsyn_accessor import environment
from ftrack_accsyn_accessor.model.errors import NotReady, SettingsError, Unauthorised, Unresolved
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle
from ftrack_accsyn_accessor.send import get, queue_ensure, send, site_sync
from ftrack_accsyn_accessor.send.order import Picked
from ftrack_accsyn_accessor.worker import runtime
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import workers
from sending import Sender, ids_of

#: For what the engine copies in a moment.
SOON_S = 30.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Give one studio to the module, whose engine copies."""
    with Studio(tmp_path_factory.mktemp("studio")) as studio:
        yield studio


@pytest.fixture(autouse=True)
def rest() -> Iterator[None]:
    yield
    runtime.stop_all(timeout_s=0.0)
    wait_until(lambda: not workers(), 40.0, "the background thread to end")


@pytest.fixture
def outside(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> Sender:
    """Give somebody on a machine without a staging area."""
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH")
    return sender


def filed(sender: Sender, place: Path, at: str = "studio.hq") -> tuple[str, str, str]:
    """Create a version with a component that lies at *place*: their ids, and the path."""
    version = sender.version(sender.asset(sender.shot()))
    component = sender.component(version, at=(at,), size=7)
    path = f"show_a/{component}/main.mov"
    (place / path).parent.mkdir(parents=True)
    (place / path).write_bytes(b"content")
    return version, component, path


def test_send_returns_when_all_is_there_and_registered(outside: Sender) -> None:
    studio = outside.studio
    version, component, path = filed(outside, studio.hq)
    asked = send(version, "studio.hq", "studio.london", wait=True, timeout_s=SOON_S)
    assert ids_of(asked.plans[0], Fate.GOES) == {component}
    assert len(asked.requests) == 1
    assert asked.wait(SOON_S)
    assert (studio.site("london") / path).read_bytes() == b"content"
    assert outside.store.find("ComponentLocation", component_id=component, location_id=outside.ids["studio.london"])
    again = send(Picked("AssetVersion", version), "studio.hq", "studio.london")
    assert ids_of(again.plans[0], Fate.THERE) == {component}
    assert again.requests == ()


def test_what_was_taken_away_there_by_hand_is_sent_again_where_that_is_asked_for(outside: Sender) -> None:
    london = outside.studio.site("london")
    version, component, path = filed(outside, outside.studio.hq)
    assert send(version, "studio.hq", "studio.london", wait=True, timeout_s=SOON_S).wait(SOON_S)
    (london / path).unlink()
    asked = send(version, "studio.hq", "studio.london", again=True, wait=True, timeout_s=SOON_S)
    assert ids_of(asked.plans[0], Fate.GOES) == {component}
    assert "1 of it is registered there already" in " ".join(asked.plans[0].remarks)
    assert asked.wait(SOON_S)
    assert (london / path).read_bytes() == b"content"
    there = {"component_id": component, "location_id": outside.ids["studio.london"]}
    assert len(outside.store.find("ComponentLocation", **there)) == 1


def test_a_dry_run_asks_for_nothing(outside: Sender) -> None:
    version, component, _ = filed(outside, outside.studio.hq)
    asked = send([version], "studio.hq", "studio.london", dry_run=True)
    assert ids_of(asked.plans[0], Fate.GOES) == {component}
    assert asked.requests == ()


def test_entities_of_ftrack_are_a_selection(outside: Sender) -> None:
    version, component, _ = filed(outside, outside.studio.hq)
    import ftrack_api

    session = ftrack_api.Session(plugin_paths=[], auto_connect_event_hub=False)
    try:
        chosen = session.query(f'AssetVersion where id is "{version}"').one()
        for selection in (chosen, [chosen], session.query(f'AssetVersion where id is "{version}"')):
            found = send(selection, "studio.hq", "studio.london", dry_run=True)
            assert ids_of(found.plans[0], Fate.GOES) == {component}
    finally:
        session.close()


@pytest.mark.parametrize("direction", ["download", "upload"])
def test_site_sync_carries_folders_of_several_projects_with_one_request(outside: Sender, direction: str) -> None:
    studio = outside.studio
    places = [studio.hq, studio.site("london")]
    source, target = places if direction == "download" else reversed(places)
    for project in ("show_a", "show_b"):
        (source / project / direction).mkdir(parents=True)
        (source / project / direction / "a.txt").write_text(project)
    asked = site_sync([f"show_a/{direction}", f"show_b/{direction}"], "london", direction, wait=True, timeout_s=SOON_S)
    assert len(asked.requests) == 1
    assert asked.wait(SOON_S)
    for project in ("show_a", "show_b"):
        assert (target / project / direction / "a.txt").read_text() == project


def test_get_fetches_to_this_machine_and_not_again(sender: Sender) -> None:
    sender.staging()
    settings, credentials = environment.read_settings(), environment.ftrack_credentials()
    runtime.open_runtime(settings, credentials, environment.read_settings, begin=True)
    version, component, path = filed(sender, sender.studio.site("london"), at="studio.london")
    asked = get(version, wait=True, timeout_s=SOON_S)
    assert asked.plans[0].source.party == "site=london"
    assert asked.wait(SOON_S)
    assert (sender.studio.staging / path).read_bytes() == b"content"
    again = get(version)
    assert ids_of(again.plans[0], Fate.THERE) == {component}
    assert again.requests == ()


def test_what_is_not_on_this_disk_any_more_is_fetched_again(sender: Sender) -> None:
    sender.staging()
    settings, credentials = environment.read_settings(), environment.ftrack_credentials()
    runtime.open_runtime(settings, credentials, environment.read_settings, begin=True)
    version, component, path = filed(sender, sender.studio.hq)
    assert get(version, wait=True, timeout_s=SOON_S).wait(SOON_S)
    (sender.studio.staging / path).unlink()

    asked = get(version, wait=True, timeout_s=SOON_S)

    assert ids_of(asked.plans[0], Fate.GOES) == {component}
    assert asked.wait(SOON_S)
    assert (sender.studio.staging / path).read_bytes() == b"content"


def test_nothing_that_was_not_asked_for_is_there(outside: Sender) -> None:
    version, _, _ = filed(outside, outside.studio.hq)
    assert not send(version, "studio.hq", "studio.london", dry_run=True).wait(SOON_S)
    assert not send(version, "studio.hq", "studio.london", components=["nobody's"]).wait(SOON_S)
    assert not site_sync([], "london", "upload").wait(SOON_S)


def test_what_is_registered_here_alone_and_is_not_on_this_disk_is_not_there(sender: Sender) -> None:
    sender.staging()
    settings, credentials = environment.read_settings(), environment.ftrack_credentials()
    runtime.open_runtime(settings, credentials, environment.read_settings, begin=True)
    version, component, path = filed(sender, sender.studio.staging, at=sender.staging())
    assert ids_of(get(version, dry_run=True).plans[0], Fate.THERE) == {component}
    (sender.studio.staging / path).unlink()
    (planned,) = get(version).plans[0].planned
    assert (planned.fate, planned.obstacle) == (Fate.CANNOT, Obstacle.NOT_AT_SOURCE)
    assert "its files are not here any more" in planned.cause


def test_what_cannot_be_meant_is_refused_in_words(outside: Sender) -> None:
    with pytest.raises(Unresolved, match="no project is named"):
        queue_ensure(" ")
    with pytest.raises(SettingsError, match="download or upload"):
        site_sync("show_a", "london", "sideways")
    with pytest.raises(Unresolved, match="site=paris"):
        site_sync("show_a", "paris", "download")
    with pytest.raises(NotReady, match="none of this name"):
        site_sync("show_a", "london", "download", queue="nowhere")
    with pytest.raises(Unresolved, match="nothing of this name"):
        send("show_x/sq999", "studio.hq", "studio.london")


def test_a_wrong_key_is_told_as_that(outside: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    version, _, _ = filed(outside, outside.studio.hq)
    monkeypatch.setenv("ACCSYN_API_KEY", "wrong")
    monkeypatch.delenv("FTRACK_ACCSYN_LOCATIONS")
    with pytest.raises(Unauthorised, match="ACCSYN_API_KEY"):
        send(version, "hq", "remote@acme.test", dry_run=True)


def test_a_plugin_that_is_not_set_up_is_refused_in_words(outside: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCSYN_API_KEY")
    with pytest.raises(SettingsError, match="ACCSYN_API_KEY"):
        site_sync("show_a", "london", "download")
    monkeypatch.setenv("FTRACK_ACCSYN_DISABLE", "1")
    with pytest.raises(SettingsError, match="switched off"):
        site_sync("show_a", "london", "download")


def test_a_queue_is_made_by_an_administrator_and_is_else_the_default(
    outside: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = queue_ensure("show_a")
    assert known.id
    refused = queue_ensure("show_b")
    assert not refused.id
    assert "default queue" in refused.words
    assert "no administrator" in refused.words
    for name, value in outside.studio.environment("admin").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH")
    made = queue_ensure("show_b", 700)
    assert made.id
    assert queue_ensure("show_b") == (made.id, "The queue show_b is there.")
