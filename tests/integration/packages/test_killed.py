"""Packages whose making is killed before any change on the disk, and made again: the same, no doubles, nothing half."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

from ftrack_accsyn_accessor.model import manifest
from packing import Packer

SCRIPT = Path(__file__).with_name("killed.py")
PATH = os.pathsep.join(each for each in sys.path if each)


def test_a_package_whose_making_was_killed_anywhere_is_made_whole_the_next_time(packer: Packer, tmp_path: Path) -> None:
    packer.plate((1,))
    packer.file("ref")
    contents = packer.gather()
    pickled = tmp_path / "contents"
    pickled.write_bytes(pickle.dumps(contents))
    arguments = [sys.executable, str(SCRIPT), str(packer.studio.hq), str(pickled), packer.shot_name]
    done = subprocess.run(
        arguments, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": PATH}, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    trials = json.loads(done.stdout)
    assert [each["status"] for each in trials] == [signal.SIGKILL] * (len(trials) - 1) + [0], done.stderr
    assert len(trials) > 15
    wanted = {each.path: (packer.studio.hq / each.source).read_bytes().hex() for each in contents.files}
    for trial in trials:
        assert trial["again"] == 0, done.stderr
        folders = {path.split("/")[0] for path in trial["then"]}
        assert len(folders) == 1
        (folder,) = folders
        inside = {path.partition("/")[2]: content for path, content in trial["then"].items()}
        assert {path: content for path, content in inside.items() if path in wanted} == wanted
        assert inside.keys() - wanted.keys() == {manifest.NAME, manifest.WORK}
        assert manifest.read(bytes.fromhex(inside[manifest.NAME])).package == folder
        if any(path.endswith(f"/{manifest.NAME}") for path in trial["after"]):
            assert trial["after"] == trial["then"]
