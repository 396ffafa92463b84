"""Where unfinished files lie, and what is refused or lost if they did not: long paths, modes, groups, access lists."""

from __future__ import annotations

import errno
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ftrack_api import exception as ftrack_errors

from ftrack_accsyn_accessor.staging import rights
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.staging.temporaries import beside, is_temporary_name, temporary_name

PATH_MAX = 4095
needs_modes = pytest.mark.skipif(sys.platform == "win32", reason="needs file modes")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    area = StagingArea(str(tmp_path / "projects"))
    area.prepare()
    return Path(area.root)


@pytest.fixture
def state(root: Path) -> Path:
    return root / ".ftrack-accsyn"


@pytest.fixture
def accessor(root: Path) -> AccsynAccessor:
    return AccsynAccessor(str(root))


def unfinished(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if is_temporary_name(name)]


def write(accessor: AccsynAccessor, name: str, mode: str = "wb") -> None:
    data = accessor.open(name, mode)
    data.write(b"new")
    data.close()


@pytest.mark.parametrize("mode", ["wb", "ab", "xb", "w+b"])
def test_unfinished_file_lies_in_the_state_folder_under_a_short_name(
    accessor: AccsynAccessor, root: Path, state: Path, mode: str
) -> None:
    (root / "shot").mkdir()
    data = accessor.open("shot/main.mov", mode)
    assert os.listdir(root / "shot") == []
    (name,) = unfinished(state)
    assert len(name) <= 10
    data.close()
    assert unfinished(state) == []
    assert os.listdir(root / "shot") == ["main.mov"]


@pytest.mark.parametrize("name", ["a.mov", "plate.1001.exr", "n" * 255])
def test_name_beside_the_final_one_is_no_longer_than_it(name: str) -> None:
    temporary = os.path.basename(beside(f"/folder/{name}"))
    assert len(temporary) <= max(6, len(name))
    assert is_temporary_name(temporary)


def test_fresh_names_are_told_from_others_and_from_each_other() -> None:
    names = {temporary_name() for _ in range(1000)}
    assert len(names) == 1000
    assert all(map(is_temporary_name, names))


@needs_linux
@pytest.mark.parametrize("name", ["a.exr", "n" * 200])
@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_longest_path_of_the_system_is_written(
    accessor: AccsynAccessor, root: Path, state: Path, name: str, mode: str
) -> None:
    folder = filled(str(root), PATH_MAX - len(name) - 1)
    path = f"{folder}/{name}"
    assert len(os.fsencode(path)) == PATH_MAX
    for _ in range(2):
        write(accessor, os.path.relpath(path, root), mode)
    with open(path, "rb") as file:
        assert file.read() == (b"newnew" if mode == "ab" else b"new")
    assert unfinished(state) == []


@needs_linux
@pytest.mark.parametrize("call", ["write", "make_container"])
def test_longer_path_is_called_too_long(accessor: AccsynAccessor, root: Path, state: Path, call: str) -> None:
    folder = filled(str(root), PATH_MAX - 6)
    too_long = f"{os.path.relpath(folder, root)}/main.mov"
    with pytest.raises(ftrack_errors.AccessorError, match=r"path is too long.*4098 characters"):
        accessor.make_container(too_long) if call == "make_container" else write(accessor, too_long)
    assert unfinished(state) == []


def filled(path: str, length: int) -> str:
    """Make folders below *path*, and return the one whose path has *length* bytes."""
    while len(path) < length:
        left = length - len(path) - 1
        path = f"{path}/{'f' * (left if left <= 200 else min(200, left - 2))}"
        os.mkdir(path)
    return path


def test_windows_words_for_a_path_that_is_too_long_are_told_as_that(
    accessor: AccsynAccessor, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(source: str, target: str) -> None:
        raise FileNotFoundError(errno.ENOENT, "The system cannot find the path specified", source, None, target)

    monkeypatch.setattr(os, "replace", too_long)
    with pytest.raises(ftrack_errors.AccessorError, match="the path is too long") as caught:
        write(accessor, "main.mov")
    assert f"{len(str(root / 'main.mov'))} characters" in str(caught.value)


def test_missing_folder_and_missing_file_are_not_called_too_long(accessor: AccsynAccessor, root: Path) -> None:
    for name, mode in (("missing/main.mov", "wb"), ("missing.mov", "r+b"), ("missing.mov", "rb")):
        with pytest.raises(ftrack_errors.AccessorResourceNotFoundError) as caught:
            accessor.open(name, mode)
        assert "too long" not in str(caught.value)
    (root / "shot").mkdir()
    data = accessor.open("shot/main.mov", "wb")
    (root / "shot").rmdir()
    with pytest.raises(ftrack_errors.AccessorResourceNotFoundError) as caught:
        data.close()
    assert "too long" not in str(caught.value)


def test_unfinished_file_that_somebody_removed_is_told_as_that(accessor: AccsynAccessor, state: Path) -> None:
    data = accessor.open("main.mov", "wb")
    (name,) = unfinished(state)
    (state / name).unlink()
    with pytest.raises(ftrack_errors.AccessorOperationFailedError, match="its unfinished file was removed"):
        data.close()


@needs_linux
@pytest.mark.parametrize("why", ["another disk", "missing", "of another account"])
def test_it_lies_beside_the_final_file_where_the_state_folder_is_no_use(
    accessor: AccsynAccessor, root: Path, state: Path, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = root / "shot"
    folder.mkdir()
    if why == "another disk":
        if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], stderr=subprocess.DEVNULL, check=False).returncode:
            pytest.skip("this account may mount nothing")
    elif why == "missing":
        shutil.rmtree(state)
    else:  # whoever runs the tests may be root, to whom nothing is refused
        monkeypatch.setattr(rights, "allow", lambda path, mode: not str(path).endswith(".ftrack-accsyn"))
    try:
        data = accessor.open("shot/main.mov", "wb")
        (name,) = os.listdir(folder)
        assert is_temporary_name(name)
        assert accessor.list("shot") == []
        data.close()
        assert os.listdir(folder) == ["main.mov"]
        assert state.exists() is (why != "missing")
    finally:
        if why == "another disk":
            subprocess.run(["umount", folder], check=True)


def test_disk_that_is_two_for_a_rename_is_written_all_the_same(
    accessor: AccsynAccessor, root: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Quotas divide a disk so; a bind mount needs rights that a test does not have.
    replace = os.replace

    def divided(source: str, target: str) -> None:
        if os.path.dirname(source) != os.path.dirname(target):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        replace(source, target)

    monkeypatch.setattr(os, "replace", divided)
    for _ in range(2):
        write(accessor, "main.mov")
        assert (root / "main.mov").read_bytes() == b"new"
    assert unfinished(root) + unfinished(state) == []


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


@needs_modes
@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("existing", [None, 0o604])
@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_mode_is_what_it_would_have_been_beside_it(
    accessor: AccsynAccessor, root: Path, mode: str, existing: int | None
) -> None:
    if existing is not None:
        (root / "main.mov").touch()
        (root / "main.mov").chmod(existing)
    write(accessor, "main.mov", mode)
    assert (root / "main.mov").stat().st_mode & 0o777 == (existing or 0o640)


@needs_modes
def test_group_is_that_of_a_folder_that_hands_it_on(accessor: AccsynAccessor, root: Path) -> None:
    (root / "shot").mkdir()
    try:
        os.chown(root / "shot", -1, 12345)
    except PermissionError:
        pytest.skip("this account may give nothing to another group")
    (root / "shot").chmod(0o2775)
    write(accessor, "shot/main.mov")
    assert (root / "shot/main.mov").stat().st_gid == 12345


@needs_linux
@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("masked", [True, False])
def test_access_list_is_that_of_a_file_made_in_the_folder(accessor: AccsynAccessor, root: Path, masked: bool) -> None:
    everybody = 0xFFFFFFFF
    entries = [(0x01, 7, everybody), (0x04, 7, everybody), (0x20, 5, everybody)]
    if masked:
        entries = [
            (0x01, 7, everybody),
            (0x02, 7, 4321),
            (0x04, 5, everybody),
            (0x10, 7, everybody),
            (0x20, 0, everybody),
        ]
    (root / "shot").mkdir()
    packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(root / "shot", "system.posix_acl_default", packed)
    except OSError:
        pytest.skip("this disk has no access lists")
    (root / "shot/plain").touch()
    write(accessor, "shot/main.mov")
    plain, made = (root / f"shot/{name}" for name in ("plain", "main.mov"))
    assert made.stat().st_mode == plain.stat().st_mode
    assert access_list(made) == access_list(plain)


def access_list(path: Path) -> bytes:
    try:
        return os.getxattr(path, "system.posix_acl_access")
    except OSError:
        return b""


def test_on_windows_a_file_inherits_from_the_folder_that_it_is_moved_to(
    accessor: AccsynAccessor, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctypes = pytest.importorskip("ctypes")
    asked = []

    class Security:
        @staticmethod
        def SetNamedSecurityInfoW(path, *arguments):  # noqa: N802 - Windows' name
            asked.append((path.value, *arguments[:2]))

    monkeypatch.setattr(rights, "_WINDOWS", True)
    monkeypatch.setattr(ctypes, "windll", type("Libraries", (), {"advapi32": Security}), raising=False)
    write(accessor, "main.mov")
    assert asked == [(str(root / "main.mov"), 1, 0x20000004)]


def test_killed_process_leaves_what_is_swept_from_the_state_folder(root: Path, state: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor\n"
        "data = AccsynAccessor(sys.argv[1]).open('main.mov', 'wb')\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(root)], check=False)
    assert len(unfinished(state)) == 1
    kept = {name for name in os.listdir(state) if not is_temporary_name(name)}
    area = StagingArea(str(root))
    assert area.sweep_unfinished(older_than_s=3600) == 0
    assert area.sweep_unfinished(older_than_s=-1) == 1
    assert set(os.listdir(state)) == kept


@needs_modes
def test_refused_change_of_modes_does_not_stop_a_write(
    accessor: AccsynAccessor, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: str, mode: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    (root / "main.mov").write_bytes(b"old")
    monkeypatch.setattr(os, "chmod", refused)
    for mode, content in (("wb", b"new"), ("ab", b"newnew")):
        write(accessor, "main.mov", mode)
        assert (root / "main.mov").read_bytes() == content


def test_reading_a_staged_file_leaves_it_as_it_is(accessor: AccsynAccessor, root: Path, state: Path) -> None:
    (root / "main.mov").write_bytes(b"content")
    os.utime(root / "main.mov", ns=(1, 1_700_000_000_123_456_789))
    before, names = (root / "main.mov").stat(), sorted(os.listdir(state)) + sorted(os.listdir(root))
    for mode in ("rb", "r", "rt"):
        data = accessor.open("main.mov", mode)
        assert sorted(os.listdir(state)) + sorted(os.listdir(root)) == names
        assert re.fullmatch("content", data.read().decode() if mode == "rb" else data.read())
        data.close()
    after = (root / "main.mov").stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )
    assert sorted(os.listdir(state)) + sorted(os.listdir(root)) == names
