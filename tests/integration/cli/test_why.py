"""`why` in staged situations: one true sentence, and what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox import attention
from ftrack_accsyn_accessor.worker import runtime
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher


class Asked:
    """What `why` said."""

    def __init__(self, text: str, exit_code: int) -> None:
        self.sentence, _, self.remedy = text.strip().partition("\n")
        self.exit_code = exit_code


@pytest.fixture
def why(run: Run) -> Callable[..., Asked]:
    def ask(*arguments: object) -> Asked:
        result = run("why", *arguments)
        return Asked(result.stdout, result.exit_code)

    return ask


Why = Callable[..., Asked]


@pytest.fixture
def component(publisher: Publisher) -> Any:
    """Return a component that is in accsyn's hands, where nothing moves."""
    publisher.studio.accsyn.engine.paused = True
    published = publisher.publish_file(publisher.version(publisher.session()))
    publisher.submitted(published)
    return published


def stopped(publisher: Publisher) -> None:
    """End the application: nobody is left who would send or follow anything."""
    publisher.close()


# This machine.


def test_disabled_plugin(publisher: Publisher, why: Why) -> None:
    publisher.environment(FTRACK_ACCSYN_DISABLE="1")

    asked = why()

    assert "switched off by FTRACK_ACCSYN_DISABLE" in asked.sentence
    assert asked.remedy == "Unset it."
    assert asked.exit_code == exit_codes.NOT_SET_UP


def test_machine_without_a_staging_path(publisher: Publisher, why: Why) -> None:
    publisher.environment(ACCSYN_PROJECTS_PATH=None)

    asked = why()

    assert "ACCSYN_PROJECTS_PATH is not set" in asked.sentence
    assert asked.exit_code == exit_codes.NOT_SET_UP


def test_staging_path_that_is_none(publisher: Publisher, why: Why) -> None:
    publisher.environment(ACCSYN_PROJECTS_PATH="projects")

    assert "'projects' is not an absolute path" in why().sentence


def test_machine_on_which_nothing_was_published(publisher: Publisher, why: Why) -> None:
    asked = why()

    assert "is not there" in asked.sentence
    assert asked.exit_code == exit_codes.NOT_SET_UP


def test_unplugged_staging_disk(publisher: Publisher, component: Any, why: Why) -> None:
    stopped(publisher)
    publisher.studio.staging.rename(publisher.studio.root / "unplugged")

    asked = why(component["id"])

    assert "is not there: its disk is unplugged" in asked.sentence
    assert "Plug the disk in again" in asked.remedy


def test_other_disk_in_the_place_of_the_staging_disk(publisher: Publisher, why: Why) -> None:
    outbox = publisher.studio.root / "outbox"
    publisher.environment(FTRACK_ACCSYN_OUTBOX=str(outbox))
    publisher.studio.accsyn.switches.refuse(True)
    published = publisher.publish_file(publisher.version(publisher.session()))
    stopped(publisher)
    shutil.rmtree(publisher.studio.staging / ".ftrack-accsyn")
    (publisher.studio.staging / ".ftrack-accsyn").mkdir()

    assert "its disk is unplugged" in why(published["id"]).sentence


def test_outbox_of_a_newer_release(publisher: Publisher, component: Any, why: Why) -> None:
    path = publisher.outbox.path
    stopped(publisher)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    asked = why()

    assert "it has version 99" in asked.sentence
    assert "Update the plugin" in asked.remedy


def test_component_that_was_not_published_here(publisher: Publisher, component: Any, why: Why) -> None:
    asked = why("show_a/never/heard.mov")

    assert "Nothing that was published or asked for on this machine is called show_a/never/heard.mov." in asked.sentence
    assert asked.exit_code == exit_codes.FAILED


# People and settings.


def test_paused_machine(publisher: Publisher, component: Any, run: Run, why: Why) -> None:
    run("pause")

    asked = why(component["id"])

    assert "Syncing was paused on this machine by artist@" in asked.sentence
    assert asked.remedy == "Resume it: ftrack-accsyn resume."


def test_missing_key(publisher: Publisher, why: Why) -> None:
    publisher.environment(ACCSYN_API_KEY=None)
    published = publisher.publish_file(publisher.version(publisher.session()))

    asked = why(published["id"])

    assert asked.sentence == "ACCSYN_API_KEY is not set."
    assert "Create an API key" in asked.remedy
    assert asked.exit_code == exit_codes.UNSENT


def test_wrong_key(publisher: Publisher, why: Why) -> None:
    publisher.environment(ACCSYN_API_KEY="wrong-key-of-artist")
    published = publisher.publish_file(publisher.version(publisher.session()))

    asked = why(published["id"])

    assert "Authentication failed" in asked.sentence
    assert "ACCSYN_API_KEY" in asked.remedy
    assert "wrong-key-of-artist" not in asked.sentence + asked.remedy


def test_role_that_may_not_upload(publisher: Publisher, why: Why) -> None:
    publisher.studio.accsyn.workspace.change_role("artist@acme.test", "standard")
    published = publisher.publish_file(publisher.version(publisher.session()))

    assert "has the role standard" in why(published["id"]).sentence


# The way to accsyn.


def test_accsyn_out_of_reach(publisher: Publisher, why: Why) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    published = publisher.publish_file(publisher.version(publisher.session()))

    asked = why(published["id"])

    assert "Could not log in to accsyn" in asked.sentence
    assert "Check that the proxy runs" in asked.remedy  # by which the sandbox is reached
    assert asked.exit_code == exit_codes.UNSENT


def test_outage_that_is_over_but_still_waited_for(publisher: Publisher, why: Why) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    published = publisher.publish_file(publisher.version(publisher.session()))
    publisher.waiting(published, "unreachable")
    stopped(publisher)
    publisher.outbox.delay([publisher.item(published)], down(), publisher.item(published).updated_at + 60)
    publisher.studio.accsyn.switches.refuse(False)

    asked = why(published["id"])

    assert "waits: Could not submit: no line." in asked.sentence
    assert "tried again in" in asked.sentence


def down() -> Any:
    from ftrack_accsyn_accessor.model.errors import Unreachable

    return Unreachable("submit", "", "no line", "Mend it.")


def test_machine_that_accsyn_does_not_know(publisher: Publisher, why: Why) -> None:
    publisher.studio.demo.artist_client.code = "another-machine"
    publisher.studio.demo.artist_client.host_id = ""
    published = publisher.publish_file(publisher.version(publisher.session()))

    asked = why(published["id"])

    assert "no client of artist@acme.test has host name" in asked.sentence
    assert "FTRACK_ACCSYN_CLIENT" in asked.remedy


def test_burst_that_settles(publisher: Publisher, why: Why) -> None:
    published = publisher.publish_file(publisher.version(publisher.session()))

    asked = why(published["id"])

    assert "was published a moment ago and is sent in a moment" in asked.sentence


def test_nobody_who_would_send_it(publisher: Publisher, why: Why) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    published = publisher.publish_file(publisher.version(publisher.session()))
    stopped(publisher)
    publisher.studio.accsyn.switches.refuse(False)
    make_old(publisher, published)

    asked = why(published["id"])

    assert asked.sentence.startswith("No application with the plugin runs here: nothing is sent")
    assert "ftrack-accsyn drain" in asked.remedy


def make_old(publisher: Publisher, published: Any, seconds: float = 3600.0) -> None:
    """Let an item have been there for a while, due now."""
    with publisher.outbox._connections.writing() as connection:
        connection.execute(
            "UPDATE item SET created_at = created_at - :seconds, updated_at = updated_at - :seconds, "
            "next_try_at = NULL, cause = '', cause_kind = '' WHERE component_id = :component",
            {"seconds": seconds, "component": published["id"]},
        )


# accsyn.


def test_client_that_is_offline(publisher: Publisher, component: Any, why: Why) -> None:
    publisher.studio.accsyn.engine.client_offline(publisher.studio.demo.artist_client.id)

    asked = why(component["id"])

    assert "is offline, so nothing leaves it" in asked.sentence
    assert "desktop app or daemon" in asked.remedy
    assert asked.exit_code == exit_codes.MOVING


def test_client_that_is_disabled(publisher: Publisher, component: Any, why: Why) -> None:
    publisher.studio.demo.artist_client.status = "disabled"

    asked = why(component["id"])

    assert "is disabled" in asked.sentence
    assert "administrator" in asked.remedy


def test_job_that_somebody_paused_in_accsyn(publisher: Publisher, component: Any, why: Why) -> None:
    (job,) = publisher.studio.accsyn.workspace.jobs()
    publisher.studio.accsyn.workspace.pause_job(job.id)

    asked = why(component["id"])

    assert asked.sentence == f'The sync job "{job.name}" is paused in accsyn.'
    assert asked.remedy == "Resume the job in accsyn."


def test_queue_that_is_paused(publisher: Publisher, component: Any, why: Why) -> None:
    queue = publisher.studio.accsyn.workspace
    from ftrack_accsyn_sandbox.accsyn.entities import Queue

    found = queue.get(Queue, "show_a")
    assert found is not None
    found.status = "paused"

    asked = why(component["id"])

    assert asked.sentence == 'The queue "show_a" of the sync job is paused in accsyn.'


def test_job_that_waits_behind_another_one(publisher: Publisher, component: Any, why: Why) -> None:
    session = publisher.session()
    behind = publisher.publish_file(publisher.version(session, "show_b"), "behind")
    publisher.submitted(behind)

    asked = why(behind["id"])

    assert 'waits in accsyn\'s queue "Medium" behind 1 other job' in asked.sentence
    assert "about to be transferred" in why(component["id"]).sentence


def test_transfer_that_failed(publisher: Publisher, why: Why) -> None:
    publisher.studio.accsyn.engine.fail_path("*.mov", "E#J057 Disk full.")
    published = publisher.publish_file(publisher.version(publisher.session()))
    wait_until(lambda: publisher.item(published).state is State.NEEDS_ATTENTION, 20, "the failure")

    asked = why(published["id"])

    assert "needs attention: accsyn could not transfer it: E#J057 Disk full." in asked.sentence
    assert "retry" in asked.remedy
    assert asked.exit_code == exit_codes.ATTENTION
    assert why().sentence == asked.sentence


def test_file_that_changed_after_its_publish(publisher: Publisher, why: Why) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    published = publisher.publish_file(publisher.version(publisher.session()))
    publisher.waiting(published, "unreachable")
    (publisher.studio.staging / publisher.item(published).publication.resource_identifier).write_bytes(b"other")
    publisher.studio.accsyn.switches.refuse(False)
    publisher.waiting(published, "file-changed")

    asked = why(published["id"])

    assert "has 5 bytes, published with 2000" in asked.sentence
    assert "Publish it again" in asked.remedy


def test_transfer_that_moves(publisher: Publisher, why: Why) -> None:
    publisher.studio.accsyn.engine.speed_bytes_per_s = 20_000.0
    version = publisher.version(publisher.session())
    source = publisher.file("big.mov", 4_000_000)
    published = version.create_component(str(source), {"name": "big"}, location="auto")
    wait_until(lambda: publisher.item(published).state is State.TRANSFERRING, 20, "the transfer")

    assert "is moving" in why(published["id"]).sentence


def test_component_that_has_arrived(publisher: Publisher, why: Why) -> None:
    published = publisher.publish_file(publisher.version(publisher.session()))
    wait_until(lambda: publisher.item(published).state is State.SYNCED, 20, "the arrival")

    asked = why(published["id"])

    assert "has arrived at studio.hq" in asked.sentence
    assert asked.exit_code == exit_codes.OK
    path = publisher.studio.staging / publisher.item(published).publication.resource_identifier
    assert why(os.path.relpath(path)).sentence.startswith("show_a sq010/sh010 plate v001 main has arrived")
    assert why().sentence == "Everything that was published on this machine has arrived at studio.hq."


def test_json_has_sentence_remedy_and_what_is_known_without_secrets(
    publisher: Publisher, component: Any, run: Run
) -> None:
    result = run("why", component["id"], "--json")

    assert '"sentence": "' in result.stdout
    assert '"client_status": "online"' in result.stdout
    assert publisher.studio.artist.accsyn_key not in result.stdout
    assert publisher.studio.artist.ftrack_key not in result.stdout
    assert runtime._runtimes  # the application was left alone


def test_who_asks_why_waits_for_it(publisher: Publisher, component: Any, why: Why) -> None:
    path = publisher.outbox.path
    assert not attention.is_given(path, time.time())

    why(component["id"])

    assert attention.is_given(path, time.time())
