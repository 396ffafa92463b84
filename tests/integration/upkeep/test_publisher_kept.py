"""Whose an item is that `ftrack-accsyn reconcile` has queued: the publisher's, whoever runs it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integration.upkeep.conftest import Reconcile
from publishing import Publisher


@pytest.mark.parametrize(("by", "username"), [("admin", "admin"), (None, "artist")])
def test_reconciled_item_keeps_its_publisher_and_else_is_his_who_reconciles(
    publisher: Publisher, reconcile: Reconcile, away: Callable[[], None], by: str | None, username: str
) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    component = publisher.publish_file(publisher.version(publisher.session()))
    assert publisher.item(component).publication.username == "artist"
    away()
    store = publisher.studio.ftrack.store
    user_id = store.find("User", username=by)[0]["id"] if by is not None else None
    (version,) = store.find("AssetVersion", id=component["version_id"])
    store.update("AssetVersion", version["id"], user_id=user_id)

    publisher.studio.accsyn.switches.refuse(False)
    reconcile()

    assert publisher.item(component).publication.username == username
