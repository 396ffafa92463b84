"""A staging disk can be ejected while hosts idle, and is used again when it is back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.worker import runtime
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import Publisher


class Plug:
    """The disk that the staging folder of a studio lies on."""

    def __init__(self, folder: Path, backing: Path) -> None:
        self.folder = folder
        self.backing = backing

    def insert(self) -> bool:
        command = ["mount", "--bind", str(self.backing), str(self.folder)]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def eject(self) -> bool:
        """Return whether the system lets it go: not while anybody has a file of it open."""
        return subprocess.run(["umount", str(self.folder)], stderr=subprocess.DEVNULL, check=False).returncode == 0


@pytest.fixture
def plug(studio: Studio, tmp_path: Path) -> Iterator[Plug]:
    backing = tmp_path / "backing"
    backing.mkdir()
    disk = Plug(studio.staging, backing)
    if os.name == "nt" or os.geteuid() or not disk.insert():
        pytest.skip("a disk needs the right to mount one")
    yield disk
    subprocess.run(["umount", "-l", str(studio.staging)], stderr=subprocess.DEVNULL, check=False)


@pytest.fixture
def resting(monkeypatch: pytest.MonkeyPatch, plug: Plug, publisher: Publisher) -> Publisher:
    monkeypatch.setattr(runtime, "REST_S", 0.3)
    return publisher


def publish_on_a_thread(publisher: Publisher, version: Any, name: str) -> threading.Event:
    """Publish on a host's thread that lives on until the event that is returned is set."""
    done, leave = threading.Event(), threading.Event()

    def publish() -> None:
        publisher.publish_file(version, name)
        done.set()
        leave.wait(60.0)

    threading.Thread(target=publish, daemon=True).start()
    assert done.wait(30.0)
    return leave


@pytest.mark.parametrize("closed", [False, True], ids=["session open", "session closed"])
def test_disk_is_let_go_when_all_has_arrived_and_taken_up_again(resting: Publisher, plug: Plug, closed: bool) -> None:
    session = resting.session()
    version = resting.version(session)
    resting.submitted(resting.publish_file(version, "one"))
    leave = publish_on_a_thread(resting, version, "two")
    wait_until(lambda: len(resting.hq()) == 2, 30.0, "both files to arrive")
    if closed:
        session.close()

    wait_until(plug.eject, 30.0, "the disk to be let go")

    assert list(plug.folder.iterdir()) == []
    assert plug.insert()
    again = resting.session() if closed else session
    resting.publish_file(resting.version(again), "three")
    wait_until(lambda: len(resting.hq()) == 3, 30.0, "the third file to arrive")
    wait_until(plug.eject, 30.0, "the disk to be let go again")
    leave.set()


def test_host_at_rest_opens_nothing(resting: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    resting.submitted(resting.publish_file(resting.version(resting.session())))
    wait_until(lambda: len(resting.hq()) == 1, 30.0, "the file to arrive")
    owners = resting.studio.staging / ".ftrack-accsyn" / "owners"
    wait_until(lambda: list(owners.iterdir()) == [], 30.0, "the host to come to rest")
    opened: list[str] = []
    connect: Callable[..., Any] = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **more: (opened.append(path), connect(path, **more))[1])

    def quiet() -> bool:
        opened.clear()
        threading.Event().wait(2.0)  # some twenty looks
        return not opened

    wait_until(quiet, 30.0, "nothing to be opened any more")
