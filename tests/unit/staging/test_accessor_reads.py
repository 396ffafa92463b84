"""That reading a staged file leaves it as it is: what was published stays what it was, to the inode and the time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor


@pytest.mark.parametrize(("mode", "content"), [("rb", b"published"), ("r", "published"), ("rt", "published")])
def test_file_that_is_read_keeps_inode_and_time_and_gets_no_temporary_beside_it(
    tmp_path: Path, mode: str, content: object
) -> None:
    path = tmp_path / "main.mov"
    path.write_bytes(b"published")
    os.utime(path, ns=(1_700_000_000_123_456_789, 1_700_000_000_123_456_789))
    before = path.stat()

    data = AccsynAccessor(prefix=str(tmp_path)).open("main.mov", mode)
    beside = os.listdir(tmp_path)
    read = data.read()
    data.close()

    after = path.stat()
    assert read == content
    assert beside == os.listdir(tmp_path) == ["main.mov"]
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_file_that_is_read_cannot_be_written_through_the_same_object(tmp_path: Path) -> None:
    (tmp_path / "main.mov").write_bytes(b"published")

    data = AccsynAccessor(prefix=str(tmp_path)).open("main.mov")

    with pytest.raises(OSError, match="write"):
        data.write(b"other")
    data.close()
    assert (tmp_path / "main.mov").read_bytes() == b"published"
