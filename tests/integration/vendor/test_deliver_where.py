"""Where a delivery goes, by which manifest it is checked, and what a vendor lacks for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_sandbox.accsyn.entities import Acl
from vendoring import FROM, NAME, TO, Vendor

OTHER = "show_b-from-vendor"


def test_the_share_of_the_manifest_is_taken_among_several(vendor: Vendor) -> None:
    vendor.share(OTHER, write=True)
    vendor.package()
    assert vendor.run(vendor.frames()).exit_code == exit_codes.OK
    assert vendor.arrived(share=FROM)
    assert not vendor.arrived(share=OTHER)


def test_the_only_share_that_can_be_written_to_is_taken_without_a_manifest(vendor: Vendor) -> None:
    assert vendor.run(vendor.frames()).exit_code == exit_codes.OK
    assert vendor.arrived(share=FROM)


def test_of_several_shares_one_has_to_be_named_without_a_manifest(vendor: Vendor) -> None:
    vendor.share(OTHER, write=True)
    folder = vendor.frames()
    result = vendor.run(folder)
    assert result.exit_code == exit_codes.ATTENTION
    assert f"name one of them with --to: {FROM}, {OTHER}." in result.stdout
    assert vendor.jobs() == []
    assert vendor.run(folder, "--to", OTHER.upper()).exit_code == exit_codes.OK
    assert vendor.arrived(share=OTHER)


def test_a_share_that_is_not_granted_is_refused_with_those_that_are(vendor: Vendor) -> None:
    vendor.package(from_share="show_x-from-vendor")
    result = vendor.run(vendor.frames())
    assert result.exit_code == exit_codes.ATTENTION
    assert f"The folder show_x-from-vendor is not shared with you in accsyn. Shared are: {FROM}." in result.stdout
    assert vendor.jobs() == []


def test_a_share_that_was_closed_is_said_to_be(vendor: Vendor) -> None:
    vendor.package()
    acl = next(acl for acl in vendor.workspace.each(Acl) if acl.share_id == vendor.shares[FROM].id)
    acl.write = False
    result = vendor.run(vendor.frames())
    assert result.exit_code == exit_codes.ATTENTION
    assert "the studio has closed it, or not opened it. Ask the studio." in result.stdout
    assert vendor.jobs() == []


def test_a_share_that_is_switched_off_is_said_to_be(vendor: Vendor) -> None:
    vendor.package()
    vendor.shares[FROM].status = "disabled"
    result = vendor.run(vendor.frames())
    assert result.exit_code == exit_codes.ATTENTION
    assert "is switched off in accsyn. Ask the studio." in result.stdout


def test_who_has_no_share_is_told(vendor: Vendor) -> None:
    for acl in list(vendor.workspace.each(Acl)):
        vendor.workspace.entities.pop(acl.id)
    result = vendor.run(vendor.frames())
    assert result.exit_code == exit_codes.ATTENTION
    assert "No folder is shared with you in accsyn that you may upload to." in result.stdout


# The manifest.


@pytest.mark.parametrize("above", [0, 1, 2])
def test_the_nearest_manifest_above_is_taken(vendor: Vendor, above: int) -> None:
    by = vendor.package()
    folder = by.parent / Path(*["deep"] * above) / NAME
    folder.mkdir(parents=True)
    for frame in (1001, 1002, 1003):
        (folder / f"{NAME}.{frame}.exr").write_bytes(b"frame")
    told = vendor.told(folder, "--dry-run")
    assert told["deliveries"][0]["manifest"] == str(by)


def test_a_manifest_is_named_as_a_file_or_by_its_package(vendor: Vendor) -> None:
    package = vendor.desk / "package"
    package.mkdir()
    by = vendor.package().rename(package / "manifest.json")
    folder = vendor.frames()
    for named in (by, package):
        told = vendor.told(folder, "--manifest", named, "--dry-run")
        assert told["deliveries"][0]["manifest"] == str(by)


def test_without_a_manifest_it_says_what_cannot_be_checked(vendor: Vendor) -> None:
    result = vendor.run(vendor.frames())
    assert result.exit_code == exit_codes.OK
    assert "No manifest was found" in result.stdout
    assert "its name, version, frames and types, cannot be checked here" in result.stdout
    note = vendor.note()
    assert note is not None
    assert note.package == ""


def test_a_manifest_that_is_none_keeps_it_from_being_sent_unless_that_is_wanted(vendor: Vendor) -> None:
    folder = vendor.frames()
    (folder.parent / "manifest.json").write_text('{"name": "some web page"}')
    result = vendor.run(folder)
    assert result.exit_code == exit_codes.FAILED
    assert "or deliver without one with --no-manifest" in result.stderr
    assert vendor.jobs() == []
    assert vendor.run(folder, "--no-manifest").exit_code == exit_codes.OK


# Without a manifest, what can be checked is.


def wrong(folder: Path, what: str) -> None:
    if what == "empty file":
        (folder / f"{NAME}.1002.exr").write_bytes(b"")
    elif what == "link":
        (folder / "plate.exr").symlink_to(folder / f"{NAME}.1001.exr")
    elif what == "pipe":
        os.mkfifo(folder / "pipe")
    elif what == "name":
        (folder / "con.exr").write_bytes(b"x")
    elif what == "case":
        (folder / f"{NAME.upper()}.1001.exr").write_bytes(b"x")
    else:
        for path in folder.iterdir():
            path.unlink()


POSIX = pytest.mark.skipif(os.name == "nt", reason="no disk of Windows has it")


@pytest.mark.parametrize(
    "what", ["empty file", "nothing", *(pytest.param(each, marks=POSIX) for each in ("link", "pipe", "name", "case"))]
)
def test_what_is_plainly_wrong_is_not_sent(vendor: Vendor, what: str) -> None:
    folder = vendor.frames()
    wrong(folder, what)
    told = vendor.told(folder)
    (each,) = told["deliveries"]
    assert (told["exit_code"], each["goes"]) == (exit_codes.ATTENTION, False)
    assert [problem["text"] for problem in each["problems"] if problem["severity"] == "wrong"]
    assert vendor.jobs() == []


@pytest.mark.parametrize("name", ["a#b_v001", "a[1-3]", "a{1}"])
def test_a_name_that_accsyn_reads_as_a_pattern_is_not_sent(vendor: Vendor, name: str) -> None:
    told = vendor.told(vendor.frames(name=name))
    assert "pattern" in [problem["rule"] for problem in told["deliveries"][0]["problems"]]
    assert vendor.jobs() == []


# The machine and the account.


def test_who_has_no_credentials_is_told_which(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCSYN_API_KEY")
    result = vendor.run(vendor.frames())
    assert result.exit_code == exit_codes.NOT_SET_UP
    assert "ACCSYN_API_KEY" in result.stderr


def test_a_machine_without_accsyns_app_is_told_to_start_it(vendor: Vendor) -> None:
    vendor.package()
    vendor.studio.demo.vendor_client.code = "another-machine"
    result = vendor.run(vendor.frames())
    assert result.exit_code == exit_codes.FAILED
    assert "Start accsyn's desktop app or user server on this machine once" in result.stderr
    assert vendor.jobs() == []


def test_a_file_with_the_credentials_is_as_good(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = [f"{name}={value}" for name, value in vendor.studio.outside().items() if name.startswith("ACCSYN_")]
    (tmp_path / "accsyn.env").write_text("\n".join(lines))
    for line in lines:
        monkeypatch.delenv(line.partition("=")[0])
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", str(tmp_path / "accsyn.env"))
    assert vendor.run(vendor.frames(), "--to", FROM).exit_code == exit_codes.OK


def test_a_share_that_may_only_be_read_is_nowhere_to_deliver(vendor: Vendor) -> None:
    result = vendor.run(vendor.frames(), "--to", TO)
    assert result.exit_code == exit_codes.ATTENTION
    assert "but not upload to it" in result.stdout


def test_who_sees_volumes_delivers_from_the_own_machine_as_well(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in vendor.studio.outside("artist@acme.test").items():
        monkeypatch.setenv(name, value)
    vendor.workspace.grant(vendor.studio.demo.artist, vendor.shares[FROM], read=True, write=True)
    assert vendor.run(vendor.frames(), "--to", FROM).exit_code == exit_codes.OK
    assert len(vendor.arrived()) == 4
