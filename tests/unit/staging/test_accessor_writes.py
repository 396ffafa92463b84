"""That a write appears whole under its final name or not at all, whatever ends it, and never below a vanished root."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ftrack_api import exception as ftrack_errors

import ftrack_accsyn_accessor
from ftrack_accsyn_accessor.staging import area as staging
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor, is_temporary_name

SOURCE = str(Path(ftrack_accsyn_accessor.__file__).parents[1])


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "projects"
    folder.mkdir()
    return folder


@pytest.fixture
def accessor(root):
    return AccsynAccessor(prefix=str(root))


@contextlib.contextmanager
def full_disk(limit_bytes):
    """Let no file of this process grow beyond *limit_bytes*; fails as a full disk does, at any write or at close."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder):
    return sorted(os.listdir(folder))


def test_content_is_invisible_until_close(accessor, root):
    data = accessor.open("file.bin", "wb")
    data.write(b"half")
    data.flush()
    assert not accessor.exists("file.bin")
    assert accessor.list("") == []
    (temporary,) = names(root)
    assert is_temporary_name(temporary)
    assert (root / temporary).read_bytes() == b"half"
    data.close()
    assert names(root) == ["file.bin"]


@pytest.mark.parametrize("mode", ["wb", "ab", "r+b", "w+b"])
def test_previous_content_stays_until_close(accessor, root, mode):
    (root / "file.bin").write_bytes(b"old")
    data = accessor.open("file.bin", mode)
    data.write(b"new!")
    data.flush()
    assert (root / "file.bin").read_bytes() == b"old"
    data.close()
    assert b"new!" in (root / "file.bin").read_bytes()
    assert names(root) == ["file.bin"]


@pytest.mark.parametrize("mode", ["wb", "ab", "r+b"])
def test_abandoned_write_is_removed_and_the_previous_content_stays(accessor, root, mode):
    (root / "file.bin").write_bytes(b"old")
    data = accessor.open("file.bin", mode)
    data.write(b"half")
    del data
    gc.collect()
    assert names(root) == ["file.bin"]
    assert (root / "file.bin").read_bytes() == b"old"


def test_write_that_an_exception_ends_leaves_nothing(accessor, root):
    def publish():
        data = accessor.open("file.bin", "wb")
        data.write(b"half")
        raise RuntimeError("the source could not be read")

    with pytest.raises(RuntimeError):
        publish()
    gc.collect()
    assert names(root) == []


def test_discarded_write_leaves_nothing_and_closes_quietly(accessor, root):
    data = accessor.open("file.bin", "wb")
    data.write(b"half")
    data.discard()
    data.close()
    data.discard()
    assert data.closed
    assert names(root) == []


def test_failing_close_leaves_nothing_and_says_why(accessor, root):
    data = accessor.open("file.bin", "wb")
    data.write(b"x" * 100)  # stays in Python's buffer: the disk is asked when the file is closed
    with full_disk(10), pytest.raises(ftrack_errors.AccessorOperationFailedError, match=r"write .file\.bin.*too large"):
        data.close()
    assert names(root) == []
    data.close()
    assert names(root) == []


@pytest.mark.parametrize("step", ["write", "flush"])
def test_failed_write_is_dropped_and_close_does_not_publish_the_rest(accessor, root, step):
    def fill(data):
        data.write(b"x" * (1_000_000 if step == "write" else 100))
        data.flush()

    (root / "file.bin").write_bytes(b"old")
    data = accessor.open("file.bin", "wb")
    with full_disk(10), pytest.raises(ftrack_errors.AccessorOperationFailedError):
        fill(data)
    data.close()
    assert names(root) == ["file.bin"]
    assert (root / "file.bin").read_bytes() == b"old"


def test_failing_copy_for_append_leaves_nothing(accessor, root):
    (root / "file.bin").write_bytes(b"x" * 1000)
    with full_disk(10), pytest.raises(ftrack_errors.AccessorOperationFailedError):
        accessor.open("file.bin", "ab")
    assert names(root) == ["file.bin"]


def test_exclusive_write_does_not_replace_what_came_meanwhile(accessor, root):
    data = accessor.open("file.bin", "xb")
    data.write(b"mine")
    (root / "file.bin").write_bytes(b"theirs")
    with pytest.raises(ftrack_errors.AccessorOperationFailedError, match="exists"):
        data.close()
    assert names(root) == ["file.bin"]
    assert (root / "file.bin").read_bytes() == b"theirs"


def test_close_over_a_folder_that_came_meanwhile_fails(accessor, root):
    data = accessor.open("file.bin", "wb")
    (root / "file.bin").mkdir()
    with pytest.raises(ftrack_errors.AccessorError):
        data.close()
    assert names(root) == ["file.bin"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs file modes")
@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_replaced_file_keeps_its_mode_and_a_new_one_has_the_usual(accessor, root, mode):
    (root / "old.bin").write_bytes(b"old")
    os.chmod(root / "old.bin", 0o640)
    for name in ("old.bin", "new.bin"):
        data = accessor.open(name, mode)
        data.close()
    (root / "plain").touch()
    assert (root / "old.bin").stat().st_mode & 0o777 == 0o640
    assert (root / "new.bin").stat().st_mode == (root / "plain").stat().st_mode


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "日" * 85])
def test_name_at_the_limit_of_the_file_system_is_written(accessor, root, name):
    data = accessor.open(name, "wb")
    data.write(b"x")
    assert all(len(os.fsencode(temporary)) <= 143 for temporary in names(root))
    data.close()
    assert names(root) == [name]


def test_writers_of_one_name_do_not_mix(accessor, root):
    together = threading.Barrier(4)

    def write(letter):
        data = accessor.open("file.bin", "wb")
        together.wait(10)
        for _ in range(100):
            data.write(letter * 1000)
        data.close()

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c", b"d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    content = (root / "file.bin").read_bytes()
    assert names(root) == ["file.bin"]
    assert len(content) == 100_000
    assert len(set(content)) == 1


@pytest.mark.parametrize(
    ("name", "temporary"),
    [
        (".plate.1001.exr.0123abcd.accsyn-part", True),
        (".a\nb.0123abcd.accsyn-part", True),
        ("..0123abcd.accsyn-part", True),
        ("plate.1001.exr.0123abcd.accsyn-part", False),
        (".plate.1001.exr.0123ABCD.accsyn-part", False),
        (".plate.1001.exr.0123abc.accsyn-part", False),
        (".plate.accsyn-part", False),
        (".~0123abcd", True),
        (".~0123", True),
        (".~012", False),
        (".~0123abcd0", False),
        (".~lock.plate.exr#", False),
        ("~0123abcd", False),
        ("plate.1001.exr", False),
    ],
)
def test_temporary_names_are_told_from_others(name, temporary):
    assert is_temporary_name(name) is temporary


def child(script, root):
    """Start a process that opens file.bin below *root* for writing as `data`, then runs *script*."""
    start = (
        "import os, signal, sys, threading\n"
        "from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor\n"
        f"data = AccsynAccessor(prefix={str(root)!r}).open('file.bin', 'wb')\n"
        "data.write(b'half')\n"
        "data.flush()\n"
    )
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    return subprocess.Popen([sys.executable, "-c", start + script], env=environment, stdout=subprocess.PIPE)


@pytest.mark.parametrize("script", ["pass", "sys.exit(3)", "raise RuntimeError"])
def test_process_that_ends_without_closing_leaves_nothing(root, script):
    process = child(f"keep = [data]\nsys.stderr = None\n{script}\n", root)
    process.communicate(timeout=60)
    assert names(root) == []


def test_killed_process_leaves_only_a_temporary_that_is_swept_later(root):
    process = child("print('ready', flush=True)\nthreading.Event().wait()\n", root)
    assert process.stdout.readline().strip() == b"ready"
    process.kill()
    process.communicate(timeout=60)
    (left,) = names(root)
    assert is_temporary_name(left)
    area = staging.StagingArea(str(root))
    assert area.sweep_temporaries("", older_than_s=3600) == 0
    assert names(root) == [left]
    assert area.sweep_temporaries("", older_than_s=-1) == 1
    assert names(root) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_child_does_not_take_the_write_away_from_its_parent(root):
    script = (
        "child = os.fork()\n"
        "if child == 0:\n"
        "    del data\n"
        "    sys.exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "data.write(b' and half')\n"
        "data.close()\n"
    )
    process = child(script, root)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert (root / "file.bin").read_bytes() == b"half and half"
    assert names(root) == ["file.bin"]


@pytest.fixture(params=["root", "marker"])
def vanishing(request, tmp_path):
    """An accessor with a written file, and a function that makes its root vanish (or leaves an empty mount point)."""
    root = tmp_path / "disk" / "projects"
    area = staging.StagingArea(str(root))
    area.prepare()
    accessor = AccsynAccessor(prefix=str(root), marker=area.marker_path if request.param == "marker" else None)
    accessor.make_container("show")
    data = accessor.open("show/file.bin", "wb")
    data.close()

    def vanish():
        shutil.move(str(tmp_path / "disk"), str(tmp_path / "unplugged"))
        if request.param == "marker":
            root.mkdir(parents=True)

    return accessor, vanish, tmp_path / "disk"


def test_vanished_root_is_named_and_never_made_again(vanishing):
    accessor, vanish, disk = vanishing
    open_write = accessor.open("show/file.bin", "ab")
    open_write.write(b"more")
    vanish()
    before = sorted(disk.rglob("*"))
    for call in (
        lambda: accessor.make_container("show"),
        lambda: accessor.make_container("show/v001"),
        lambda: accessor.make_container("", recursive=False),
        lambda: accessor.make_container("show", recursive=False),
        lambda: accessor.open("new.bin", "wb"),
        lambda: accessor.open("show/new.bin", "ab"),
        lambda: accessor.open("show/file.bin", "rb"),
        lambda: accessor.remove("show/file.bin"),
        open_write.close,
    ):
        with pytest.raises(ftrack_errors.AccessorOperationFailedError, match="has vanished") as caught:
            call()
        assert accessor.prefix in str(caught.value)
        assert sorted(disk.rglob("*")) == before


def test_root_that_comes_back_is_used_again(vanishing):
    accessor, vanish, disk = vanishing
    vanish()
    if disk.exists():
        shutil.rmtree(disk)
    shutil.move(str(disk.parent / "unplugged"), str(disk))
    data = accessor.open("show/new.bin", "wb")
    data.close()
    assert accessor.list("show") == ["show/file.bin", "show/new.bin"]
