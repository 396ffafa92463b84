"""A publish that fails leaves nothing in the way of the next one: what it wrote is removed, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "projects"
    root.mkdir()
    return root


@pytest.fixture
def accessor(root: Path) -> AccsynAccessor:
    return AccsynAccessor(str(root))


def write(accessor: AccsynAccessor, identifier: str, content: bytes = b"new") -> None:
    data = accessor.open(identifier, "wb")
    data.write(content)
    data.close()


def files(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def publish(accessor: AccsynAccessor, *kept: str) -> None:
    """Publish two files, and fail in the midst of a third one."""
    with accessor.one_publish():
        for name in ("a.exr", "b.exr"):
            write(accessor, name)
        accessor.keep(kept)
        accessor.open("c.exr", "wb").write(b"half")
        raise RuntimeError


def fail(accessor: AccsynAccessor, *kept: str) -> pytest.ExceptionInfo[RuntimeError]:
    with pytest.raises(RuntimeError) as caught:
        publish(accessor, *kept)
    return caught


def test_what_a_failed_publish_wrote_is_gone_while_the_error_is_still_held(
    accessor: AccsynAccessor, root: Path
) -> None:
    caught = fail(accessor)
    assert files(root) == {}
    del caught


def test_what_was_kept_stays(accessor: AccsynAccessor, root: Path) -> None:
    fail(accessor, "b.exr")
    assert files(root) == {"b.exr": b"new"}


def test_a_file_that_was_there_before_is_not_removed(accessor: AccsynAccessor, root: Path) -> None:
    (root / "a.exr").write_bytes(b"old")
    fail(accessor)
    assert list(files(root)) == ["a.exr"]


def test_a_file_that_somebody_else_put_in_its_place_is_not_removed(accessor: AccsynAccessor, root: Path) -> None:
    def replaced() -> None:
        with accessor.one_publish():
            write(accessor, "a.exr")
            (root / "a.exr").write_bytes(b"somebody else's")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        replaced()
    assert files(root) == {"a.exr": b"somebody else's"}


def test_an_earlier_publish_and_one_around_it_are_not_touched(accessor: AccsynAccessor, root: Path) -> None:
    with accessor.one_publish():
        write(accessor, "earlier.exr")
    with accessor.one_publish():
        write(accessor, "around.exr")
        fail(accessor)
    assert set(files(root)) == {"earlier.exr", "around.exr"}
