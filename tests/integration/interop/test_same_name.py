"""Another plugin for users' machines that gives this machine's location an accessor of its own."""

from __future__ import annotations

import pytest
from ftrack_api.accessor.disk import DiskAccessor

from exchange import Kit
from tracking import Desk


def test_location_that_another_plugin_has_taken_over_is_said_with_what_to_do(
    desk: Desk, kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = desk.studio.root / "local_projects"
    elsewhere.mkdir()
    desk.location.accessor = DiskAccessor(prefix=str(elsewhere))
    file = kit.file()

    kit.put(file, desk.location)

    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert f"DiskAccessor for {elsewhere}" in said
    assert "FTRACK_ACCSYN_LOCATION" in said
    assert desk.states() == {}
    assert desk.location.get_filesystem_path(file).startswith(str(elsewhere))
