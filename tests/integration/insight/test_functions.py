"""The functions for studios' own tools on a real machine: in a host with the plugin, and in a bare script."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import ftrack_accsyn_accessor as ours
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.errors import NotReady, Refused
from ftrack_accsyn_accessor.model.item import NOT_BY_ITSELF, State
from helpers import ROOT, wait_until
from publishing import Publisher

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def component(publisher: Publisher) -> Any:
    """Return a component that is in accsyn's hands, where nothing moves."""
    publisher.studio.accsyn.engine.paused = True
    published = publisher.publish_file(publisher.version(publisher.session()))
    publisher.submitted(published)
    return published


def carry_on(publisher: Publisher) -> None:
    publisher.studio.accsyn.engine.paused = False


# Status.


def test_status_is_that_of_the_command_line_whatever_names_it(
    publisher: Publisher, component: Any, told: Callable[..., Any]
) -> None:
    (row,) = told("status")["items"]
    staged = publisher.studio.staging / publisher.item(component).publication.path

    for what in (
        component,
        component["version"],
        component["id"],
        component["version"]["id"],
        row["title"],
        "sh010 plate main",
        str(staged),
        Path(staged),
        f"item={row['item_id']}",
    ):
        found = ours.status(what)

        (item,) = found.items
        assert (found.state, found.there, found.percent, found.unattended) == ("submitted", False, 0, False), what
        shown = {name: value for name, value in vars(item).items() if name != "freed_at"}
        assert shown == {name: row[name] for name in shown}, what


def test_status_of_what_was_never_here_is_empty_and_words_that_mean_nothing_are_refused(component: Any) -> None:
    found = ours.status(UNKNOWN)

    assert (found.items, found.state, found.there, found.percent, found.unattended) == ((), "", False, 0, False)
    with pytest.raises(errors.NotOne):
        ours.status("no such shot")
    with pytest.raises(ours.AccsynAccessorError, match="neither a component nor a version"):
        ours.status(component.session.query("Project").first())


def test_status_is_there_when_all_of_a_version_has_arrived(publisher: Publisher, component: Any) -> None:
    second = publisher.publish_file(component["version"], "second")
    carry_on(publisher)
    wait_until(lambda: ours.status(component["version"]).there, 20, "the arrival")

    found = ours.status(component["version"])

    assert {item.component_id for item in found.items} == {component["id"], second["id"]}
    assert (found.state, found.percent) == ("synced", 100)
    assert all(item.synced_at and item.destination == "studio.hq" for item in found.items)


def test_what_has_arrived_is_there_after_its_staged_files_were_freed(
    publisher: Publisher, component: Any, run: Callable[..., Any]
) -> None:
    carry_on(publisher)
    wait_until(lambda: ours.status(component).there, 20, "the arrival")
    publisher.rest()
    assert run("clean", "--apply", "--older-than", "0").exit_code == 0
    assert not list(publisher.outbox.items())
    other = publisher.publish_file(component["version"], "other")

    for what in (component, component["id"], "show_a sq010/sh010 plate v001 main"):
        found = ours.status(what)
        (item,) = found.items
        assert (found.there, found.state, found.percent, item.component_id) == (True, "synced", 100, component["id"])
        assert item.synced_at
        assert item.freed_at
    assert {item.component_id for item in ours.status(component["version"]).items} == {component["id"], other["id"]}
    assert ours.why(component)[0].kind == "freed"
    assert ours.retry(component) == 0


def test_machine_without_a_staging_area_says_so(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.OutboxUnusable, match=r"never published|not there"):
        ours.status(UNKNOWN)
    publisher.environment(ACCSYN_PROJECTS_PATH=None)
    with pytest.raises(errors.SettingsError, match="ACCSYN_PROJECTS_PATH is not set"):
        ours.pause()
    publisher.environment(FTRACK_ACCSYN_DISABLE="1")
    with pytest.raises(errors.SettingsError, match="FTRACK_ACCSYN_DISABLE"):
        ours.retry()


def test_bare_script_without_a_session_knows_the_same(publisher: Publisher, component: Any) -> None:
    code = (
        "import sys, ftrack_accsyn_accessor as ours; found = ours.status(sys.argv[1]); "
        "print(found.state, ours.why(sys.argv[1])[0].kind, 'ftrack_api' in sys.modules, 'accsyn_api' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, component["id"]],
        env={**os.environ, "PYTHONPATH": str(ROOT / "source")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["submitted", "queued", "False", "False"]


# What is asked of the worker.


def test_nothing_but_wait_asks_ftrack_or_accsyn(publisher: Publisher, component: Any) -> None:
    publisher.rest()
    services = (publisher.studio.ftrack.log, publisher.studio.accsyn.log)
    for log in services:
        log.clear()

    ours.status(component)
    ours.why()
    ours.why(component)
    ours.first(component)
    ours.retry(component)
    ours.pause()
    ours.resume()

    assert [log.operations() for log in services] == [[], []]


def test_retry_tries_what_is_named_and_everything_without_a_name(publisher: Publisher, component: Any) -> None:
    publisher.rest()
    other = publisher.publish_file(component["version"], "other")
    publisher.rest()
    for each in (component, other):
        publisher.outbox.needs_attention([publisher.item(each)], Refused("submit", "", "no", "Ask."), NOT_BY_ITSELF)

    assert ours.retry([component["id"], component]) == 1
    assert publisher.item(component).next_try_at is None
    assert publisher.item(other).next_try_at == NOT_BY_ITSELF
    assert ours.retry() == 1
    assert ours.retry(UNKNOWN) == 0


def test_retry_in_a_host_is_done_by_its_worker(publisher: Publisher, component: Any) -> None:
    publisher.outbox.needs_attention([publisher.item(component)], Refused("submit", "", "no", "Ask."), NOT_BY_ITSELF)
    carry_on(publisher)

    ours.retry(component)

    wait_until(lambda: ours.status(component).there, 20, "the arrival")


def test_first_gives_a_priority_to_what_has_not_begun(publisher: Publisher, component: Any) -> None:
    assert ours.first(component) == 1
    assert publisher.item(component).priority == 1000
    assert ours.first(component["version"], 700) == 1
    assert publisher.item(component).priority == 700
    assert ours.first(UNKNOWN) == 0
    with pytest.raises(errors.SettingsError, match="0 to 1000"):
        ours.first(component, 1001)


def test_pause_and_resume_tell_whether_they_changed_anything(publisher: Publisher, component: Any) -> None:
    assert [ours.pause(), ours.pause()] == [True, False]
    wait_until(lambda: {job.status for job in publisher.studio.accsyn.workspace.jobs()} == {"paused"}, 20, "the pause")
    assert [each.kind for each in ours.why(component)] == ["paused"]
    assert [ours.resume(), ours.resume()] == [True, False]
    wait_until(lambda: {job.status for job in publisher.studio.accsyn.workspace.jobs()} != {"paused"}, 20, "the end")


# Why.


def test_why_tells_what_the_worker_met_without_asking_anew(publisher: Publisher) -> None:
    publisher.environment(ACCSYN_API_KEY="wrong-key-of-artist")
    published = publisher.publish_file(publisher.version(publisher.session()))
    publisher.waiting(published, "unauthorised")

    (cause,) = ours.why(published)

    assert (cause.kind, cause.items) == ("unauthorised", 1)
    assert "Authentication failed" in cause.sentence
    assert "ACCSYN_API_KEY" in cause.remedy
    assert ours.why() == ours.why(published["version"]) == (cause,)


def test_why_tells_of_what_is_unknown_and_of_what_has_arrived(publisher: Publisher, component: Any) -> None:
    assert [each.kind for each in ours.why(UNKNOWN)] == ["unknown"]
    carry_on(publisher)
    wait_until(lambda: ours.status(component).there, 20, "the arrival")
    assert [each.kind for each in (*ours.why(component), *ours.why())] == ["arrived", "arrived"]


# Waiting.


def waited(*arguments: Any, **options: Any) -> ours.Arrival:
    """Return how a wait has ended that a thread of its own did, as a host has to."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(ours.wait, *arguments, **options).result(60)


def test_wait_returns_when_it_is_there_and_leaves_the_hosts_session_alone(
    publisher: Publisher, component: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = component["version"]
    carry_on(publisher)
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")

    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("the host's session was used on another thread")

    monkeypatch.setattr(component.session, "call", refuse)

    for what in (component, version, component["id"], version["id"], "sh010 plate main"):
        found = waited(what, timeout_s=30)
        assert (found.outcome, found.there, found.why) == ("there", True, "")
        assert found.wanted == found.arrived == (component["id"],)
        assert [item.state for item in found.items] == ["synced"]
    assert waited(component, "studio.hq", 30).there


def test_wait_takes_a_location_that_its_session_knows(publisher: Publisher, component: Any) -> None:
    carry_on(publisher)
    hq = component.session.query('select name from Location where name is "studio.hq"').one()

    assert waited(component, hq, 30).there


def test_wait_ends_with_its_time_and_says_what_is_in_the_way(publisher: Publisher, component: Any) -> None:
    lines: list[str] = []

    found = waited(component, timeout_s=0.1, on_message=lines.append)

    assert (found.outcome, found.there, found.arrived) == ("timeout", False, ())
    assert "submitted" in found.why
    assert [item.component_id for item in found.items] == [component["id"]]


def test_wait_ends_early_for_what_does_not_come_by_itself(publisher: Publisher, component: Any) -> None:
    publisher.rest()
    error = NotReady("find the client", "ws1", "there is none", "Start the app.")
    publisher.outbox.needs_attention([publisher.item(component)], error, NOT_BY_ITSELF)
    begun = time.monotonic()

    found = waited(component["id"], timeout_s=600)

    assert time.monotonic() - begun < 600
    assert found.outcome == "attention"
    assert "Start the app." in found.why


def test_wait_needs_no_outbox_but_a_location(publisher: Publisher, component: Any) -> None:
    carry_on(publisher)
    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")
    version_id = component["version"]["id"]
    publisher.environment(ACCSYN_PROJECTS_PATH=None)

    assert waited(version_id, "studio.hq", 30).arrived == (component["id"],)
    with pytest.raises(errors.SettingsError, match="Name the location"):
        waited(version_id, timeout_s=30)
    with pytest.raises(errors.RegistrationRefused):
        waited(UNKNOWN, "studio.hq", 30)
    with pytest.raises(errors.NotOne):
        waited("sh010 plate main", "studio.hq", 30)


# The event.


def test_event_of_the_arrival_is_read_as_a_callback_gets_it(publisher: Publisher, component: Any) -> None:
    heard: list[ours.ComponentSynced] = []
    session = publisher.session(plugin_paths=[], auto_connect_event_hub=True)
    session.event_hub.subscribe(f"topic={ours.COMPONENT_SYNCED}", lambda event: heard.append(ours.read_event(event)))
    wait_until(lambda: publisher.studio.ftrack.hub.subscriber_ids(), 10, "the subscription")
    carry_on(publisher)

    with contextlib.suppress(TimeoutError):
        wait_until(lambda: session.event_hub.wait(0.1) or heard, 20, "the event")

    hq = publisher.studio.ids["studio.hq"]
    source = publisher.item(component).publication.location_id
    assert heard == [ours.ComponentSynced(component["id"], component["version"]["id"], source, "acme", hq)]
    assert json.loads(json.dumps(vars(heard[0])))["schema"] == 1
