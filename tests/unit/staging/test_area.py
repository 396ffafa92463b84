"""That a staging area is made once, known again, and missed when it has vanished."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import ftrack_accsyn_accessor
from ftrack_accsyn_accessor.model.errors import StagingError, StagingGone
from ftrack_accsyn_accessor.staging.area import StagingArea

SOURCE = str(Path(ftrack_accsyn_accessor.__file__).parents[1])
NEEDS_MODES = pytest.mark.skipif(sys.platform == "win32", reason="needs file modes")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "disk" / "projects"


@pytest.fixture
def area(root):
    area = StagingArea(str(root))
    area.prepare()
    return area


def marker_of(area):
    return json.loads(Path(area.marker_path).read_text(encoding="utf-8"))


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def in_new_process(root, script="area.prepare(); print(area.uuid, area.was_new)"):
    """Start a process that runs *script* on an area of *root* when it is told to go on."""
    start = (
        "import sys\nfrom ftrack_accsyn_accessor.staging.area import StagingArea\n"
        f"area = StagingArea({str(root)!r})\nprint('ready', flush=True)\nsys.stdin.readline()\n"
    )
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", start + script], env=environment, stdin=pipe, stdout=pipe, text=True)


def let_go_on(processes):
    """Let *processes* run at the same moment; return the words that each printed."""
    assert [process.stdout.readline().strip() for process in processes] == ["ready"] * len(processes)
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].split() for process in processes]


def test_nothing_is_touched_before_prepare(root):
    area = StagingArea(str(root))
    assert not area.present()
    assert not area.was_new
    assert not root.parent.exists()
    with pytest.raises(StagingGone):
        area.require()


def test_first_prepare_makes_root_state_folder_and_marker(area, root):
    assert area.was_new
    assert area.present()
    area.require()
    assert area.root == str(root)
    assert area.state_dir == str(root / ".ftrack-accsyn")
    assert area.marker_path == str(root / ".ftrack-accsyn" / "staging.json")
    content = marker_of(area)
    assert content["schema"] == 1
    assert str(uuid.UUID(content["uuid"])) == area.uuid
    age = datetime.now(timezone.utc) - datetime.fromisoformat(content["created"])
    assert timedelta(seconds=-2) < age < timedelta(minutes=5)
    assert sorted(os.listdir(root)) == [".ftrack-accsyn"]


@NEEDS_MODES
def test_state_folder_and_marker_are_private(area):
    assert mode_of(area.state_dir) == 0o700
    assert mode_of(area.marker_path) == 0o600


@NEEDS_MODES
def test_state_folder_that_others_could_read_is_closed(root):
    (root / ".ftrack-accsyn").mkdir(parents=True)
    os.chmod(root / ".ftrack-accsyn", 0o755)
    area = StagingArea(str(root))
    area.prepare()
    assert mode_of(area.state_dir) == 0o700


def test_existing_folder_becomes_a_staging_area_and_keeps_its_files(root):
    (root / "show_a").mkdir(parents=True)
    (root / "show_a" / "old.exr").write_text("old")
    area = StagingArea(str(root))
    area.prepare()
    assert area.was_new
    assert (root / "show_a" / "old.exr").read_text() == "old"


def test_later_prepare_knows_the_area_again(area, root):
    again = StagingArea(str(root) + os.sep)
    again.prepare()
    assert not again.was_new
    assert again.uuid == area.uuid
    area.prepare()
    assert not area.was_new


def test_new_process_knows_the_area_again(area, root):
    assert let_go_on([in_new_process(root)]) == [[area.uuid, "False"]]


def test_processes_that_start_together_agree_on_one_marker(root):
    answers = let_go_on([in_new_process(root) for _ in range(6)])
    assert {answer[0] for answer in answers} == {
        json.loads((root / ".ftrack-accsyn" / "staging.json").read_text())["uuid"]
    }
    assert sorted(answer[1] for answer in answers) == ["False"] * 5 + ["True"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"schema": 1}', b'{"uuid": 7}', b"\xff\xfe"])
def test_damaged_marker_is_made_anew(root, content):
    (root / ".ftrack-accsyn").mkdir(parents=True)
    (root / ".ftrack-accsyn" / "staging.json").write_bytes(content)
    area = StagingArea(str(root))
    area.prepare()
    assert area.was_new
    assert marker_of(area)["uuid"] == area.uuid
    assert area.present()


def test_marker_of_a_newer_release_is_known_by_its_uuid(root):
    (root / ".ftrack-accsyn").mkdir(parents=True)
    (root / ".ftrack-accsyn" / "staging.json").write_text('{"schema": 2, "uuid": "abc", "more": []}')
    area = StagingArea(str(root))
    area.prepare()
    assert (area.uuid, area.was_new) == ("abc", False)


def test_root_is_expanded_as_disk_accessor_does(tmp_path, monkeypatch):
    monkeypatch.setenv("STAGING_BASE", str(tmp_path))
    assert StagingArea("$STAGING_BASE/a/../b").root == str(tmp_path / "b")
    assert StagingArea("~/b").root == str(Path("~/b").expanduser())


def vanish_root(area, root):
    shutil.rmtree(root.parent)


def vanish_unmounted(area, root):
    shutil.rmtree(root)
    root.mkdir()


def vanish_marker(area, root):
    os.remove(area.marker_path)


def vanish_damaged(area, root):
    Path(area.marker_path).write_text("")


def vanish_other_disk(area, root):
    content = {**marker_of(area), "uuid": str(uuid.uuid4())}
    Path(area.marker_path).write_text(json.dumps(content))


def vanish_other_disk_at_the_same_moment(area, root):
    """Another disk whose marker has the same size and time as ours."""
    before = os.stat(area.marker_path)
    vanish_other_disk(area, root)
    os.utime(area.marker_path, ns=(before.st_atime_ns, before.st_mtime_ns))


VANISHED = pytest.mark.parametrize(
    "vanish",
    [
        vanish_root,
        vanish_unmounted,
        vanish_marker,
        vanish_damaged,
        vanish_other_disk,
        vanish_other_disk_at_the_same_moment,
    ],
)


@VANISHED
def test_vanished_root_is_gone_until_it_comes_back(area, root, tmp_path, vanish):
    assert area.present()
    shutil.copytree(root.parent, tmp_path / "kept")
    vanish(area, root)
    assert not area.present()
    with pytest.raises(StagingGone, match="vanished") as caught:
        area.require()
    assert str(root) in str(caught.value)
    shutil.rmtree(root.parent, ignore_errors=True)
    shutil.copytree(tmp_path / "kept", root.parent)
    assert area.present()
    area.require()


@VANISHED
def test_live_process_does_not_make_a_vanished_root_again(area, root, vanish):
    vanish(area, root)
    before = sorted(root.parent.rglob("*"))
    for again in (area, StagingArea(str(root))):
        with pytest.raises(StagingGone):
            again.prepare()
        assert not again.present()
        assert not again.was_new
    assert sorted(root.parent.rglob("*")) == before


def test_new_process_makes_a_staging_area_where_one_has_vanished(area, root):
    shutil.rmtree(root)
    ((identity, was_new),) = let_go_on([in_new_process(root)])
    assert was_new == "True"
    assert identity != area.uuid
    assert not area.present()


@pytest.mark.parametrize("blocked", ["file", "file/below", "root-is-fine/.ftrack-accsyn"])
def test_unusable_path_is_a_staging_error_with_a_remedy(tmp_path, blocked):
    if blocked.endswith(".ftrack-accsyn"):
        (tmp_path / "root-is-fine").mkdir()
        (tmp_path / blocked).write_text("a file where the folder should be")
        path = tmp_path / "root-is-fine"
    else:
        (tmp_path / "file").write_text("a file")
        path = tmp_path / blocked
    area = StagingArea(str(path))
    with pytest.raises(StagingError, match="ACCSYN_<VOLUME>_PATH") as caught:
        area.prepare()
    assert not isinstance(caught.value, StagingGone)
    assert str(path) in str(caught.value)
    assert not area.present()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a file system on which nobody may write")
def test_read_only_file_system_is_a_staging_error(tmp_path):
    with pytest.raises(StagingError):
        StagingArea("/proc/projects").prepare()


def test_unusable_path_may_be_repaired_and_prepared(tmp_path):
    (tmp_path / "projects").write_text("a file")
    area = StagingArea(str(tmp_path / "projects"))
    with pytest.raises(StagingError):
        area.prepare()
    (tmp_path / "projects").unlink()
    area.prepare()
    assert area.was_new
    assert area.present()
