"""Staging a file as a whole: with its containers, whole or not at all, and never over what is there."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from ftrack_api import exception as ftrack_errors

from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor

CONTENT = bytes(range(256)) * 2000
IDENTIFIER = "show/shot/plate.exr"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "projects"
    folder.mkdir()
    return folder


@pytest.fixture
def accessor(root: Path) -> AccsynAccessor:
    return AccsynAccessor(prefix=str(root))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.exr"
    path.write_bytes(CONTENT)
    return path


@contextlib.contextmanager
def largest_file(limit_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond *limit_bytes*, as on a full disk."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def stage(accessor: AccsynAccessor, source: Path, identifier: str = IDENTIFIER) -> bool:
    with source.open("rb") as file:
        return accessor.stage(identifier, file)


def test_file_is_staged_with_the_folders_above_it(accessor: AccsynAccessor, root: Path, source: Path) -> None:
    assert stage(accessor, source) is True
    assert stage(accessor, source, "show/shot/second.exr") is True

    assert (root / IDENTIFIER).read_bytes() == CONTENT
    assert files(root) == [IDENTIFIER, "show/shot/second.exr"]


def test_staged_file_has_the_mode_of_any_new_file(accessor: AccsynAccessor, root: Path, source: Path) -> None:
    source.chmod(0o444)
    (root / "any").touch()

    stage(accessor, source)

    assert (root / IDENTIFIER).stat().st_mode == (root / "any").stat().st_mode


def test_what_has_the_name_already_is_left_as_it_is(accessor: AccsynAccessor, root: Path, source: Path) -> None:
    (root / "file.exr").write_bytes(b"earlier")
    (root / "folder").mkdir()

    with source.open("rb") as file:
        assert [accessor.stage(identifier, file) for identifier in ("file.exr", "folder", "")] == [False] * 3
        assert file.tell() == 0
    assert files(root) == ["file.exr"]
    assert (root / "file.exr").read_bytes() == b"earlier"


def test_name_outside_of_the_root_is_refused(accessor: AccsynAccessor, root: Path, source: Path) -> None:
    with pytest.raises(ftrack_errors.AccessorFilesystemPathError):
        stage(accessor, source, "../plate.exr")


def test_root_that_has_vanished_is_not_made_anew(accessor: AccsynAccessor, root: Path, source: Path) -> None:
    shutil.rmtree(root)

    with pytest.raises(ftrack_errors.AccessorOperationFailedError, match="vanished"):
        stage(accessor, source)
    assert not root.exists()


def test_full_disk_leaves_nothing_and_is_told_as_such(accessor: AccsynAccessor, root: Path, source: Path) -> None:
    with largest_file(100_000), pytest.raises(ftrack_errors.AccessorOperationFailedError, match="Could not write"):
        stage(accessor, source)

    assert files(root) == []
    assert stage(accessor, source) is True


def test_source_that_cannot_be_read_leaves_nothing_and_is_not_told_as_the_staging_areas_fault(
    accessor: AccsynAccessor, root: Path, source: Path
) -> None:
    with source.open("ab") as file, pytest.raises(OSError, match="Bad file descriptor") as raised:
        accessor.stage(IDENTIFIER, file)

    assert not isinstance(raised.value, ftrack_errors.Error)
    assert files(root) == []


def test_publish_that_fails_takes_staged_files_back_but_for_those_that_are_kept(
    accessor: AccsynAccessor, root: Path, source: Path
) -> None:
    def publish() -> None:
        with accessor.one_publish():
            for name in ("kept.exr", "other.exr"):
                stage(accessor, source, name)
            accessor.keep(["kept.exr"])
            raise KeyError

    with pytest.raises(KeyError):
        publish()

    assert files(root) == ["kept.exr"]
