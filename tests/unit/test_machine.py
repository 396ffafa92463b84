"""This machine's names."""

from __future__ import annotations

import os
import plistlib
import re
import socket
import sys
import uuid
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ftrack_accsyn_accessor import machine


def test_hostname_is_what_the_system_says() -> None:
    assert machine.hostname() == socket.gethostname() != ""


@pytest.mark.parametrize(
    ("node", "addresses"),
    [
        (0x001122AABBCC, ("00:11:22:AA:BB:CC",)),
        (0x0, ("00:00:00:00:00:00",)),
        (0xFEFFFFFFFFFF, ("FE:FF:FF:FF:FF:FF",)),
        (0x0123456789AB, ()),  # multicast bit set: made up by Python
        (0xFFFFFFFFFFFF, ()),
    ],
)
def test_hardware_address_is_written_as_accsyn_writes_it_and_left_out_when_made_up(
    node: int, addresses: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A patch, as no machine has more than one answer.
    monkeypatch.setattr(uuid, "getnode", lambda: node)
    assert machine.mac_addresses() == addresses


def test_address_of_this_machine_is_well_formed_and_stays_the_same() -> None:
    found = machine.mac_addresses()
    assert found == machine.mac_addresses()
    assert all(re.fullmatch(r"([0-9A-F]{2}:){5}[0-9A-F]{2}", address) for address in found)


@pytest.mark.parametrize(
    ("executable", "arguments", "name"),
    [
        ("/opt/maya/bin/maya.bin", ["maya.bin"], "maya.bin"),
        ("/Applications/Autodesk/maya2026/Maya.app/Contents/bin/mayapy", ["/studio/publish.py"], "Maya"),
        ("/Library/Frameworks/a/Resources/Python.app/Contents/MacOS/Python", ["/studio/publish.py"], "publish.py"),
        (r"C:\Program Files\ftrack Connect\ftrack_connect.exe", [], "ftrack_connect"),
        ("/usr/bin/python3.11", ["/studio/publish.py", "--all"], "publish.py"),
        ("/usr/bin/python3", ["-c"], "python3"),
        ("/usr/bin/python3", [""], "python3"),
        (r"C:\Python\pythonw.exe", [], "pythonw"),
        (None, ["/studio/publish.py"], "publish.py"),
        ("", [], "an application"),
    ],
)
def test_program_that_runs_here_is_called_as_people_know_it(
    executable: str, arguments: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.setattr(sys, "argv", arguments)
    assert machine.application() == name
