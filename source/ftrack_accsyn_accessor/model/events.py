"""What pipelines hear through ftrack's event hub: the topic, and what stands in its data. Pure.

Data may get more keys at any time; none goes, and none changes its meaning, without another number in `schema`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ftrack_accsyn_accessor.model.errors import AccsynAccessorError
from ftrack_accsyn_accessor.model.item import Item

COMPONENT_SYNCED = "ftrack.accsyn.component-synced"
SCHEMA = 1


@dataclasses.dataclass(frozen=True)
class ComponentSynced:
    """A component has been proven to be at its destination, and is registered there.

    `component_id`, `version_id`, `location_id` (where it came from) and `destination_location_id` are ids in ftrack;
    the last one is empty where no ftrack location stands for the destination. `destination` is accsyn's word for it: a
    workspace, "site=london". `schema` is the number of the data's meaning, 1.
    """

    component_id: str
    version_id: str
    location_id: str
    destination: str
    destination_location_id: str
    schema: int = SCHEMA


_NAMES = [field.name for field in dataclasses.fields(ComponentSynced) if field.name != "schema"]


def component_synced(item: Item) -> dict[str, Any]:
    """Return the data of the event that tells of the arrival of *item*."""
    publication = item.publication
    return dataclasses.asdict(
        ComponentSynced(
            publication.component_id,
            publication.version_id,
            publication.location_id,
            item.destination.party,
            item.destination.location_id,
        )
    )


def read_event(event: Mapping[str, Any]) -> ComponentSynced:
    """Return what an event of the topic `COMPONENT_SYNCED` says, as a callback gets it from ftrack's event hub.

    Any thread; nothing is asked. What a later release adds is left out; a release before 1.5 names no schema, which is
    1. Raise `AccsynAccessorError` for an event of another topic, or with another schema.
    """
    topic, data = str(event["topic"]), event["data"]
    if topic != COMPONENT_SYNCED:
        raise AccsynAccessorError("read the event", topic, f"it is none of {COMPONENT_SYNCED}", "Subscribe to that.")
    schema = data.get("schema", SCHEMA)
    if schema != SCHEMA:
        outcome = f"its schema is {schema}, and {SCHEMA} is known here"
        raise AccsynAccessorError("read the event", topic, outcome, "Update the plugin here.")
    told = {name: str(data.get(name) or "") for name in _NAMES}
    return ComponentSynced(**told, schema=SCHEMA)
