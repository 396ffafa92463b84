"""This machine's names."""

from __future__ import annotations

import os
import plistlib
import re
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ftrack_accsyn_accessor import machine
from helpers import ROOT


def test_machine_is_known_where_an_application_was_frozen_without_what_macos_alone_needs() -> None:
    script = "import sys; sys.modules['plistlib'] = None; from ftrack_accsyn_accessor import machine, plugin"
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "source")}
    done = subprocess.run([sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=False)
    assert done.stderr == ""


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


def on_macos(monkeypatch: pytest.MonkeyPatch, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(machine, "_MACOS_NAMES", path)
    monkeypatch.setattr(socket, "gethostname", lambda: "dhcp-17-3.studio.test")


@pytest.mark.parametrize("kind", [plistlib.FMT_BINARY, plistlib.FMT_XML])
def test_macos_goes_by_the_names_that_its_user_gave_it_whatever_the_network_calls_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: Any
) -> None:
    system = {
        "System": {"ComputerName": "Mary's MacBook", "HostName": "mary.test"},
        "Network": {"HostNames": {"LocalHostName": "Marys-MacBook"}},
    }
    on_macos(monkeypatch, tmp_path / "preferences.plist", plistlib.dumps({"System": system}, fmt=kind))

    assert machine.names() == ("dhcp-17-3.studio.test", "Mary's MacBook", "Marys-MacBook", "mary.test")


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense", plistlib.dumps({}), plistlib.dumps({"System": []}), plistlib.dumps({"System": {"System": 1}})],
)
def test_macos_whose_preferences_cannot_be_read_goes_by_its_host_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    on_macos(monkeypatch, tmp_path / "preferences.plist", content)

    assert machine.names() == ("dhcp-17-3.studio.test",)


def test_windows_goes_by_its_netbios_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "workstation-design-07")
    monkeypatch.setenv("COMPUTERNAME", "WORKSTATION-DES")
    monkeypatch.setattr(os, "name", "nt")

    found = machine.names()

    monkeypatch.undo()
    assert found == ("workstation-design-07", "WORKSTATION-DES")


def test_identity_stays_when_the_name_changes_and_is_the_card_where_the_system_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = machine.identity()
    monkeypatch.setattr(socket, "gethostname", lambda: "renamed")
    assert machine.identity() == before

    monkeypatch.setattr(machine, "_LINUX_IDENTITY", tmp_path / "machine-id")
    monkeypatch.setattr(uuid, "getnode", lambda: 0x001122AABBCC)
    assert machine.identity() == "00:11:22:AA:BB:CC"
    (tmp_path / "machine-id").write_text("0123abcd\n")
    assert machine.identity() == "0123abcd"


@pytest.mark.skipif(os.name == "nt", reason="Windows has the real one")
def test_registry_of_windows_is_asked_as_it_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    # A stand-in: the registry is only there on Windows.
    asked: list[Any] = []

    class Key:
        def __enter__(self) -> Key:
            return self

        def __exit__(self, *error: object) -> None:
            asked.append("closed")

    registry: Any = ModuleType("winreg")
    registry.HKEY_LOCAL_MACHINE, registry.KEY_READ, registry.KEY_WOW64_64KEY = "HKLM", 0x20019, 0x0100
    registry.OpenKey = lambda *arguments: asked.append(arguments) or Key()
    registry.QueryValueEx = lambda key, name: (f"of {name}", 1)
    monkeypatch.setitem(sys.modules, "winreg", registry)

    assert machine._windows_identity() == "of MachineGuid"
    assert asked == [("HKLM", r"SOFTWARE\Microsoft\Cryptography", 0, 0x20119), "closed"]


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
