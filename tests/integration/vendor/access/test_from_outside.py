"""What a vendor reaches with their own key and accsyn's own client, at each stage: what was granted, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from accsyn_api.session import AccsynException

from ftrack_accsyn_accessor.model.vendors import VendorRules, places
from ftrack_accsyn_accessor.vendor.access import open_access
from ftrack_accsyn_accessor.vendor.closing import settle
from granting import OTHER, PROJECT, VENDOR, Granting

NOW = 1_800_000_000.0
DAY = 86_400.0
ELSEWHERE = "show_b"
OURS, THEIRS = places(VendorRules(), PROJECT, VENDOR), places(VendorRules(), PROJECT, OTHER)
BESIDE = places(VendorRules(), ELSEWHERE, OTHER)

READ: dict[str, Callable[[Any, str], Any]] = {
    "ls": lambda session, place: session.ls(place, recursive=True),
    "size of the folder": lambda session, place: session.getsize(place),
    "size": lambda session, place: session.getsize(f"{place}/a.mov"),
    "exists": lambda session, place: session.exists(f"{place}/a.mov"),
    "download": lambda session, place: session.create(
        "Transfer",
        {"source": f"{place}/a.mov", "destination": "/tmp/desk/got"},
    ),
}
WRITE: dict[str, Callable[[Any, str], Any]] = {
    "mkdir": lambda session, place: session.mkdir(f"{place}/new"),
    "rename": lambda session, place: session.rename(f"{place}/a.mov", f"{place}/b.mov"),
    "move": lambda session, place: session.mv(f"{place}/a.mov", f"{place}/sub/b.mov"),
    "delete": lambda session, place: session.delete(f"{place}/a.mov"),
    "upload": lambda session, place: session.create(
        "Transfer",
        {"source": "/tmp/desk/a.mov", "destination": f"{place}/up.mov"},
    ),
}
#: All that is never theirs, however it is named.
NEVER = {
    **{f"the volume, {text}": text for text in (f"volume=projects/{PROJECT}", f"share=projects/{PROJECT}", PROJECT)},
    "the own folder through the volume": f"volume=projects/{OURS.from_folder}",
    "where they publish": f"volume=projects/{OURS.publish_folder}",
    "their quarantine": f"volume=projects/{OURS.quarantine_folder}",
    "another's TO": f"folder={THEIRS.to_code}",
    "another's FROM": f"folder={THEIRS.from_code}",
    "another's FROM through the own": f"folder={OURS.from_code}/../../../{THEIRS.from_folder.split('/', 2)[2]}",
    "the quarantine through the own": f"folder={OURS.from_code}/../quarantine",
    "another project": f"folder={BESIDE.from_code}",
    "another project's files": f"volume=projects/{ELSEWHERE}",
}


class Outside:
    """The vendor's own session, and how the studio's disk is put back after a try."""

    def __init__(self, granting: Granting) -> None:
        self.granting = granting
        self.session = granting.session()
        self.hq = granting.studio.hq
        self.folders = [
            self.hq / folder
            for each in (OURS, THEIRS, BESIDE)
            for folder in (each.to_folder, each.from_folder, each.publish_folder, each.quarantine_folder)
        ]
        self.folders += [self.hq / PROJECT, self.hq / ELSEWHERE]
        self.reset()

    def reset(self) -> None:
        for folder in self.folders:
            (folder / "sub").mkdir(parents=True, exist_ok=True)
            (folder / "a.mov").write_bytes(b"secret")
            for name in ("b.mov", "sub/b.mov"):
                (folder / name).unlink(missing_ok=True)
            if (folder / "new").exists():
                (folder / "new").rmdir()

    def tree(self) -> set[Path]:
        return set(self.hq.rglob("*"))

    def may(self, tries: dict[str, Callable[[Any, str], Any]], place: str) -> set[str]:
        """Return which of *tries* accsyn lets the vendor do at *place*; what it refuses changes nothing."""
        done = set()
        before, jobs = self.tree(), len(self.granting.workspace.jobs())
        for name, attempt in tries.items():
            try:
                attempt(self.session, place)
            except AccsynException:
                continue
            done.add(name)
            self.reset()
        if not done:
            assert self.tree() == before
            assert len(self.granting.workspace.jobs()) == jobs
        return done


@pytest.fixture
def outside(granting: Granting) -> Outside:
    """A vendor besides another one, who has access in two projects, and files everywhere."""
    granting.add_vendor()
    for project in (PROJECT, ELSEWHERE):
        open_access(granting.means, project, OTHER)
    return Outside(granting)


def stage(granting: Granting, name: str) -> None:
    """Bring the loop to a stage of the work that is handed out to the vendor."""
    if name == "before":
        return
    task = granting.tasks()[0]
    open_access(granting.means, PROJECT, VENDOR)
    granting.hand_out(task)
    granting.set_status(task, "In progress")
    if name in ("closing", "closed", "reopened"):
        granting.set_status(task, "Completed")
        settle(granting.means, NOW)
    if name in ("closed", "reopened"):
        settle(granting.means, NOW + 8 * DAY)
    if name == "reopened":
        granting.set_status(task, "In progress")
        settle(granting.means, NOW + 9 * DAY)
    granting.set_status(task, "Not started")


ALL, NOTHING = True, False
STAGES = {  # what may be read of TO and of FROM, and whether FROM may be written
    "before": (NOTHING, NOTHING, NOTHING),
    "open": (ALL, ALL, ALL),
    "closing": (ALL, ALL, NOTHING),
    "closed": (NOTHING, NOTHING, NOTHING),
    "reopened": (ALL, ALL, ALL),
}


@pytest.mark.parametrize("name", STAGES)
def test_a_vendor_reaches_what_was_granted_and_nothing_else(granting, outside, name):
    stage(granting, name)
    outside.reset()
    read_to, read_from, write_from = STAGES[name]
    to, back = f"folder={OURS.to_code}", f"folder={OURS.from_code}"
    assert outside.may(READ, to) == (set(READ) if read_to else set())
    assert outside.may(WRITE, to) == set()
    assert outside.may(READ, back) == (set(READ) if read_from else set())
    assert outside.may(WRITE, back) == (set(WRITE) if write_from else set())
    for what, place in NEVER.items():
        assert (what, outside.may({**READ, **WRITE}, place)) == (what, set())


@pytest.mark.parametrize("name", STAGES)
def test_a_vendor_sees_nothing_of_others_and_grants_nothing(granting, outside, name):
    stage(granting, name)
    session = outside.session
    seen = {row["code"] for row in session.find("Folder")}
    assert seen == ({OURS.to_code, OURS.from_code} if STAGES[name][0] else set())
    assert {row["code"] for row in session.find("User")} <= {VENDOR}
    user, folder = granting.vendor.id, granting.share(THEIRS.from_code)
    before = granting.grants()
    for attempt in (
        lambda: session.grant("user", user, "folder", folder.id, {"read": True, "write": True}),
        lambda: session.create("acl", {"entity": f"user:{user}", "target": f"share:{folder.id}", "read": True}),
        lambda: session.create("Folder", {"parent": folder.parent_id, "path": PROJECT, "name": "mine"}),
        lambda: session.create("User", {"code": "friend@vendor.test"}),
        lambda: session.update("Folder", folder.id, {"name": "mine"}),
        lambda: session.update("User", user, {"role": "admin"}),
    ):
        with pytest.raises(AccsynException):
            attempt()
    assert granting.grants() == before


def test_nothing_goes_from_folder_to_folder_that_was_not_granted(granting, outside):
    stage(granting, "open")
    session, to, back = outside.session, f"folder={OURS.to_code}", f"folder={OURS.from_code}"
    before = outside.tree()
    for source, target in (
        (f"{back}/a.mov", f"{to}/x.mov"),
        (f"{back}/a.mov", f"folder={THEIRS.from_code}/x.mov"),
        (f"folder={THEIRS.to_code}/a.mov", f"{back}/x.mov"),
        (f"{back}/a.mov", f"volume=projects/{OURS.quarantine_folder}/x.mov"),
    ):
        with pytest.raises(AccsynException):
            session.mv(source, target)
        with pytest.raises(AccsynException):
            session.create("Transfer", {"source": source, "destination": target})
    assert outside.tree() == before


def test_a_vendor_of_two_projects_loses_only_what_is_over(granting, outside):
    open_access(granting.means, ELSEWHERE, VENDOR)
    granting.hand_out(granting.tasks(ELSEWHERE)[0], project=ELSEWHERE)
    stage(granting, "closed")
    outside.reset()
    kept = places(VendorRules(), ELSEWHERE, VENDOR)
    (outside.hq / kept.from_folder / "a.mov").write_bytes(b"own")
    assert outside.may({"ls": READ["ls"]}, f"folder={kept.from_code}") == {"ls"}
    assert outside.may({**READ, **WRITE}, f"folder={OURS.from_code}") == set()


@pytest.mark.parametrize("how", ["disabled", "inactive"])
def test_who_was_switched_off_does_not_come_in(granting, outside, how):
    stage(granting, "open")
    vendor = granting.vendor
    vendor.status, vendor.active = ("disabled", True) if how == "disabled" else ("enabled", False)
    with pytest.raises(AccsynException):
        outside.session.ls(f"folder={OURS.to_code}")
