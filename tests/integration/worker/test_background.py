"""The whole way in the background: published, submitted, followed and registered, by the worker's thread."""

from __future__ import annotations

from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from publishing import Publisher


def test_published_components_become_available_at_head_quarters_without_anybodys_help(publisher: Publisher) -> None:
    publisher.studio.accsyn.engine.paused = False
    session = publisher.session()
    version = publisher.version(session)
    components = [
        publisher.publish_file(version),
        publisher.publish_sequence(version, [1001, 1002, 1005]),
        publisher.publish_container(session, version),
    ]

    wait_until(lambda: all(publisher.item(component).state is State.SYNCED for component in components), 30)

    hq = session.get("Location", publisher.studio.ids["studio.hq"])
    assert list(hq.get_component_availabilities(components)) == [100.0] * 3
    wait_until(lambda: [row["status"] for row in publisher.studio.ftrack.store.find("Job")] == ["done"])
    (job,) = publisher.studio.ftrack.store.find("Job")
    assert job["user_id"] == publisher.studio.ids["artist"]


def test_session_with_a_new_ftrack_key_lets_the_thread_go_on_that_was_refused_with_the_old_one(
    publisher: Publisher,
) -> None:
    engine, ftrack = publisher.studio.accsyn.engine, publisher.studio.ftrack
    engine.paused = True
    component = publisher.publish_file(publisher.version(publisher.session()))
    publisher.submitted(component)
    ftrack.add_user("artist", "a-new-key")
    engine.paused = False
    refused = publisher.waiting(component, "ftrack-login")
    assert "InvalidCredentialsError" in refused.cause
    publisher.environment(FTRACK_API_KEY="a-new-key")

    session = publisher.session()

    wait_until(lambda: publisher.item(component).state is State.SYNCED, 20, "the arrival")
    other = publisher.publish_file(publisher.version(session, asset="other"), "other")
    wait_until(lambda: publisher.item(other).state is State.SYNCED, 20, "the arrival of what was published then")
