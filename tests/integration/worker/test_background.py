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
    (job,) = publisher.studio.ftrack.store.find("Job")
    wait_until(lambda: publisher.studio.ftrack.store.find("Job")[0]["status"] == "done")
    assert job["user_id"] == publisher.studio.ids["artist"]
