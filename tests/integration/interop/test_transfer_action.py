"""What the field's action does that transfers components between locations, with ours as source and as destination.

It takes both locations from the session of its hub, and the components from a session that it opens in a thread.
"""

from __future__ import annotations

import json
import threading
from typing import Any

import ftrack_api
import pytest
from ftrack_api.exception import ComponentInLocationError, LocationError

from exchange import Kit, Place, disk, read
from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from publishing import Publisher


class Transfer(threading.Thread):
    """One launch of the action: every component of a version that *source* has goes into *destination*."""

    def __init__(self, version_id: str, source: Any, destination: Any) -> None:
        super().__init__()
        self.version_id, self.source, self.destination = version_id, source, destination
        self.job: dict[str, Any] = {}
        self.start()
        self.join(60)

    def run(self) -> None:
        session = ftrack_api.Session(auto_connect_event_hub=False)
        user = session.query(f'User where username is "{session.api_user}"').one()
        job = session.create("Job", {"user": user, "status": "running", "data": self.told("Gathering")})
        session.commit()
        try:
            expression = (
                f'Component where version_id is "{self.version_id}" '
                f'and component_locations.location_id is "{self.source["id"]}"'
            )
            components = session.query(expression).all()
            for number, component in enumerate(components, 1):
                job["data"] = self.told(f"{number} of {len(components)}")
                session.commit()
                try:
                    self.destination.add_component(component, source=self.source)
                except ComponentInLocationError:
                    continue
            job["status"] = "done"
        except LocationError as error:
            session.rollback()
            job["status"], job["data"] = "failed", self.told(str(error))
        session.commit()
        self.job = {"status": job["status"], **json.loads(job["data"])}
        session.close()

    @staticmethod
    def told(text: str) -> str:
        return json.dumps({"description": text})


@pytest.fixture
def session(publisher: Publisher) -> Any:
    return publisher.session()


@pytest.fixture
def kit(publisher: Publisher, session: Any) -> Kit:
    return Kit(publisher, session)


@pytest.fixture
def place(publisher: Publisher, session: Any) -> Place:
    return disk(session, publisher.studio.root)


def arrived(publisher: Publisher, count: int) -> list[bytes]:
    """Wait until *count* items are at head quarters, by the work of the background thread; return what is there."""
    wait_until(lambda: publisher.outbox.counts()[State.SYNCED] == count, 30, f"{count} items to be synced")
    return sorted(publisher.hq().values())


def test_staging_location_as_destination_queues_once_and_everything_arrives(
    publisher: Publisher, session: Any, kit: Kit, place: Place
) -> None:
    components, staging = kit.kinds(), session.pick_location()
    for component in components.values():
        kit.put(component, place.location)

    first = Transfer(kit.version["id"], place.location, staging)

    # Members have the version of their container, so that the action comes to them, too.
    assert first.job["status"] == "done"
    for component in components.values():
        assert read(staging, component) == kit.expected(component)
    assert arrived(publisher, len(components)) == sorted(kit.content.values())
    assert Transfer(kit.version["id"], place.location, staging).job["status"] == "done"
    assert len(list(publisher.outbox.items())) == len(components)


def test_staging_location_as_source_gives_everything_and_sends_it_all_the_same(
    publisher: Publisher, session: Any, kit: Kit, place: Place
) -> None:
    components, staging = kit.kinds(), session.pick_location()
    for component in components.values():
        kit.put(component, staging)

    assert Transfer(kit.version["id"], staging, place.location).job["status"] == "done"

    assert sorted(place.look().values()) == sorted(kit.content.values())
    assert arrived(publisher, len(components)) == sorted(kit.content.values())


def test_transfer_that_broke_off_is_completed_by_launching_it_again(
    publisher: Publisher, session: Any, kit: Kit, place: Place
) -> None:
    components, staging = [kit.file(), kit.sequence()], session.pick_location()
    for component in components:
        kit.put(component, place.location)

    with place.interrupted():
        first = Transfer(kit.version["id"], place.location, staging)

    assert first.job["status"] == "failed"
    assert Transfer(kit.version["id"], place.location, staging).job["status"] == "done"
    assert arrived(publisher, len(components)) == sorted(kit.content.values())
