"""Servers for other people's accessors, and an artist's desk beside locations that use them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from accessors import WHY, Bucket
from exchange import Kit, Place, disk, s3, sftp
from ftrack_accsyn_sandbox.studio import Studio
from publishing import Publisher
from tracking import Desk

if TYPE_CHECKING:
    from ssh_server import SshServer


@pytest.fixture
def desk(studio: Studio, publisher: Publisher) -> Iterator[Desk]:
    working = Desk(studio, publisher)
    yield working
    working.stop()
    working.owner.release()
    working.outbox.close()


@pytest.fixture
def kit(desk: Desk) -> Kit:
    return Kit(desk.publisher, desk.session)


@pytest.fixture(scope="session")
def bucket() -> Iterator[Bucket]:
    for module in ("boto3", "moto", "flask", "flask_cors"):
        pytest.importorskip(module, reason=f"{module}: {WHY}")
    server = Bucket()
    yield server
    server.close()


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[SshServer]:
    pytest.importorskip("paramiko", reason=f"paramiko: {WHY}")
    from ssh_server import SshServer

    root = tmp_path / "ssh"
    root.mkdir()
    server = SshServer(root)
    yield server
    server.close()


@pytest.fixture(params=["disk", "s3", "sftp"])
def place(request: pytest.FixtureRequest, desk: Desk) -> Place:
    if request.param == "s3":
        return s3(desk, request.getfixturevalue("bucket"))
    if request.param == "sftp":
        return sftp(desk, request.getfixturevalue("ssh"))
    return disk(desk.session, desk.studio.root)
