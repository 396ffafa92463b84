"""What release 1.0.0 has left meets what arrived long ago: the later content wins, wherever it is kept."""

from __future__ import annotations

from pathlib import Path

from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.outbox.file import outbox_path
from release import OUTBOXES, leave_outboxes
from unit.outbox.archiving import archive, arrive, left
from unit.outbox.conftest import Desk
from unit.outbox.taking_over import rows, take_over


def test_older_content_does_not_come_back_beside_what_is_in_the_archive(tmp_path: Path) -> None:
    root = tmp_path / "projects"
    leave_outboxes(root, "artist.ws1")
    (older, *_) = rows(OUTBOXES / "artist.ws1.sqlite3", "SELECT * FROM entry WHERE state = 'pending'")
    desk = Desk(outbox_path(None, str(root)))
    desk.clock.now = older["created_at"] + 60 * 86_400
    arrive(desk, older["component_id"])
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET location_id = ?", (older["location_id"],))
    assert archive(desk) == 1
    desk.outbox.close()

    outbox = take_over(root)

    (found,) = outbox.survey.of_component(older["component_id"])
    assert found.item.state is State.SYNCED
    assert left(outbox).count(older["component_id"]) == 1
    outbox.close()
