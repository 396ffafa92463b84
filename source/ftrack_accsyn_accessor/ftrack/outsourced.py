"""What was handed out to vendors, kept where everybody who has to know it looks: at the tasks in ftrack."""

from __future__ import annotations

import logging

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import handout as model
from ftrack_accsyn_accessor.model.handout import HandOut

logger = logging.getLogger(__name__)


def read(connection: FtrackConnection) -> list[HandOut]:
    """Return all that was handed out, open and closed, in all projects that the connection's user sees.

    One query for each 500 records; may raise `errors.RegistrationError`. With a task its records go. A record that
    cannot be read, or lies under another vendor's key, is left out and logged.
    """
    rows = connection.query(
        f'select parent_id, key, value from Metadata where key like "{model.KEY}_%" order by parent_id, key'  # noqa: S608
    )
    found = []
    for row in rows:
        handout = model.read(row["value"], row["parent_id"])
        if handout is not None and model.key(handout.vendor) == row["key"]:
            found.append(handout)
        elif row["key"].startswith(model.KEY):
            logger.warning("What the task %s has under %s is no record of work that was handed out.", *_place(row))
    return found


def write(connection: FtrackConnection, handout: HandOut) -> None:
    """Keep *handout* in place of what is known of this task and vendor; may raise `errors.RegistrationError`."""
    connection.write_metadata("Task", handout.task_id, model.key(handout.vendor), model.text(handout))


def _place(row: dict[str, str]) -> tuple[str, str]:
    return row["parent_id"], row["key"]
