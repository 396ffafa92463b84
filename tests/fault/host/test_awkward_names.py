"""Names that no one would choose: each is sent, or needs attention by itself, and none of them stops the others."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from ftrack_api.structure.base import Structure

from ftrack_accsyn_accessor.model.item import State
from helpers import wait_until
from publishing import Publisher

AWKWARD = [
    'show_a/it\'s "quoted".mov',
    "show_a/100%.mov",
    "show_a/%04d.mov",
    "show_a/brace{0}{x}.mov",
    "show_a/bracket[1-3].mov",
    "show_a/new\nline.mov",
    "show_a/tab\tand  blanks .mov",
    "show_a/#hash?query&more=1.mov",
    "show_a/ümläut-日本-🎬.mov",
    "show_a/not-utf8-\udce9.mov",
    "show_a/-dash.mov",
    "show_a/.hidden",
    "show_a/re('.*').mov",
    "show_a/a,b\\,c.mov",
    "show_a/" + "long" * 55 + ".mov",
    "no_folder.mov",
    "show_a/2026-11-21T10:00:00.mov",
    "show_a/client=x:share=y.mov",
]


class Named(Structure):
    """Gives each component the path that the test wants."""

    def __init__(self, paths: dict[str, str]) -> None:
        super().__init__()
        self._paths = paths

    def get_resource_identifier(self, entity: Any, context: Any = None) -> str:
        return self._paths[entity["name"]]


@pytest.mark.parametrize("path", AWKWARD, ids=range(len(AWKWARD)))
def test_awkward_name_arrives_or_needs_attention_and_does_not_stop_the_rest(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], path: str
) -> None:
    session = publisher.session()
    session.pick_location().structure = Named({"awkward": path, "plain": "show_a/plain.mov"})
    version = publisher.version(session)

    awkward = publisher.publish_file(version, "awkward")
    plain = publisher.publish_file(version, "plain")

    publisher.submitted(plain)
    assert publisher.item(plain).state is not State.NEEDS_ATTENTION
    wait_until(lambda: publisher.item(awkward).state is not State.PENDING, 20.0, "the awkward one to be dealt with")
    item = publisher.item(awkward)
    assert item.state is not State.NEEDS_ATTENTION or item.cause
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert capfd.readouterr() == ("", "")
