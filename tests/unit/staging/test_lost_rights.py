"""A process that changes its account while the staging area is in use, or loses its right to it otherwise."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest
from ftrack_api import exception as ftrack_errors

from ftrack_accsyn_accessor.model.errors import StagingError, StagingGone
from ftrack_accsyn_accessor.outbox import memory
from ftrack_accsyn_accessor.outbox.file import OUTBOX_NAME, STATE_FOLDER
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from ftrack_accsyn_accessor.staging.area import StagingArea

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may change its account, and back"
)
OTHER = 12003


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody may enter and write to, with one that both accounts remember areas in."""
    folder = Path(tempfile.mkdtemp(prefix="rights-"))
    (folder / "state" / "ftrack-accsyn").mkdir(parents=True)
    (folder / "projects").mkdir()
    for each in (folder, *folder.rglob("*")):
        os.chmod(each, 0o777)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def area(shared: Path) -> StagingArea:
    """The staging area as root has prepared it, and remembers it."""
    made = StagingArea(str(shared / "projects"))
    made.prepare()
    memory.keep(memory.Served(made.root, made.uuid, os.path.join(made.state_dir, OUTBOX_NAME)), made.was_new)
    for record in (shared / "state").rglob("*.json"):
        os.chmod(record, 0o666)
    return made


@pytest.fixture
def umask() -> Iterator[Callable[[int], object]]:
    """A function that sets the umask of this process, which is put back."""
    before = os.umask(0o022)
    os.umask(before)
    yield os.umask
    os.umask(before)


@contextlib.contextmanager
def another_account() -> Iterator[None]:
    os.seteuid(OTHER)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("owner", "mode", "told"),
    [
        (0, 0o700, f"{STATE_FOLDER} belongs to root, who has to let this user in."),
        (OTHER, 0o000, f"{STATE_FOLDER} belongs to this user, whom its mode (000) keeps out: correct it,"),
    ],
)
def test_root_that_this_process_may_not_look_at_any_more_is_not_said_to_have_vanished(
    area: StagingArea, owner: int, mode: int, told: str
) -> None:
    state = area.state_dir
    accessor = AccsynAccessor(prefix=area.root, marker=area.marker_path)
    writing = accessor.open("file.bin", "wb")
    os.chown(state, owner, -1)
    os.chmod(state, mode)

    with another_account():
        for call in (lambda: accessor.open("new.bin", "wb"), lambda: accessor.make_container("show"), writing.close):
            with pytest.raises(ftrack_errors.AccessorPermissionDeniedError) as caught:
                call()
            said = str(caught.value)
            assert f"this process may not look into {state} any more (Permission denied). " in said
            assert told in said
            assert "vanished" not in said


def test_process_that_has_changed_its_account_has_an_area_of_its_own_in_the_same_folder(area: StagingArea) -> None:
    again = StagingArea(area.root)
    with another_account():
        again.prepare()
        again.require()

    assert os.path.basename(again.state_dir) == f"{STATE_FOLDER}-{OTHER}"
    assert again.uuid != area.uuid
    area.require()
    StagingArea(area.root).prepare()


def test_own_area_that_is_missing_is_waited_for_although_another_account_has_one_there(
    area: StagingArea, shared: Path
) -> None:
    with another_account():
        own = StagingArea(area.root)
        own.prepare()
        memory.keep(memory.Served(own.root, own.uuid, os.path.join(own.state_dir, OUTBOX_NAME)), own.was_new)
        os.rename(own.state_dir, shared / "elsewhere")

        with pytest.raises(StagingGone):
            StagingArea(area.root).prepare()


@pytest.mark.parametrize(("mask", "mode"), [(0o777, "000"), (0o377, "400"), (0o277, "500"), (0o177, "600")])
def test_umask_that_takes_the_accounts_own_rights_is_named_instead_of_an_owner(
    shared: Path, umask: Callable[[int], object], mask: int, mode: str
) -> None:
    with another_account():
        umask(mask)
        with pytest.raises(StagingError) as caught:
            StagingArea(str(shared / "projects")).prepare()

    said = str(caught.value)
    assert f"{shared / 'projects' / STATE_FOLDER} belongs to this user, whom its mode ({mode}) keeps out: " in said
    assert "correct it, and the umask of the application that made it." in said
    assert "belongs to root" not in said
