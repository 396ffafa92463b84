"""The framework's remote mode: what its client and host make of events that pass through a server, and where they part.

The server delivers what it is given. The framework's client reads the reply of a host as the list of results that
events give which pass through none, and finds no host; its host sends what plugins came to as an object that JSON has
no form for. With those two repaired, tools run from another process, and what they publish arrives.
"""

from __future__ import annotations

import contextlib

import pytest

from e2e.framework.applications import FOLDER, Application, Desk, running
from helpers import wait_until

# The slow tier: an environment of the framework is installed at its first use, for each CPython.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MOVIE = "show_a/sq010/sh010/comp/v001/movie.mov"
PUBLISHER = ("publish_version", None)


def remote(desk: Desk, *words: str, **variables: str) -> contextlib.AbstractContextManager[Application]:
    command = [str(desk.host.python), str(FOLDER / "remote.py"), *words]
    return running(command, {**desk.environment, **variables})


@pytest.mark.parametrize("python", ["3.11"], indirect=True)
def test_client_takes_the_reply_of_a_host_that_the_server_delivers_for_several(desk: Desk) -> None:
    with remote(desk, "host", "as-it-is") as host:
        host_id = host.told("id")["id"]
        with remote(desk, "client", "as-it-is") as client:
            reply = client.told("reply")
            assert client.told("connected_to")["connected_to"] is None
    assert (reply["reply"], reply["host_id"], reply["topic"]) == ("dict", host_id, "ftrack.meta.reply")
    assert "'str' object has no attribute 'get'" in client.text


@pytest.mark.parametrize("python", ["3.11"], indirect=True)
def test_host_cannot_tell_what_its_plugins_came_to_and_publishes_nevertheless(desk: Desk) -> None:
    with remote(desk, "host", "as-it-is", MOVIE=desk.file("cut.mov")) as host:
        host.told("id")
        with remote(desk, "client", "repaired", "publish-shot"):
            desk.arrived(MOVIE)
            wait_until(lambda: "is not JSON serializable" in host.text, 30.0, "the host to say so")


def test_repaired_client_publishes_by_a_host_in_another_process(desk: Desk) -> None:
    with remote(desk, "host", "repaired", MOVIE=desk.file("cut.mov")) as host:
        host_id = host.told("id")["id"]
        with remote(desk, "client", "repaired", "publish-shot") as client:
            assert client.told("connected_to")["connected_to"] == host_id
            wait_until(lambda: PUBLISHER in client.results(), 60.0, "the client to hear of the publish")
            assert client.results()[PUBLISHER]["good"], host.text
            desk.arrived(MOVIE)
    assert desk.hq_files() == {MOVIE: (desk.media / "cut.mov").read_bytes()}
