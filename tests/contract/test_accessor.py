"""What a host may expect of any disk accessor, asked of ftrack's own and of ours alike."""

from __future__ import annotations

import os

import ftrack_api.exception
import pytest
from ftrack_api.accessor.disk import DiskAccessor

from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor


@pytest.fixture(params=[DiskAccessor, AccsynAccessor], ids=["ftrack", "accsyn"])
def accessor(request, tmp_path):
    root = tmp_path / "projects"
    root.mkdir()
    return request.param(prefix=str(root))


def put(accessor, identifier, content=b"content"):
    container = accessor.get_container(identifier)
    accessor.make_container(container)
    data = accessor.open(identifier, "wb")
    data.write(content)
    data.close()


def get(accessor, identifier, mode="rb"):
    data = accessor.open(identifier, mode)
    try:
        return data.read()
    finally:
        data.close()


def test_class_is_a_disk_accessor(accessor):
    assert isinstance(accessor, DiskAccessor)


@pytest.mark.parametrize("identifier", ["movie.mov", "show_a/seq/shot/v001/plate.1001.exr", "a b/c {d}.exr", "å/ü.exr"])
def test_written_content_is_read_back(accessor, identifier):
    put(accessor, identifier, b"some\r\nbytes\x00")
    assert get(accessor, identifier) == b"some\r\nbytes\x00"
    assert accessor.exists(identifier)
    assert accessor.is_file(identifier)
    assert not accessor.is_container(identifier)


def test_text_mode_reads_and_writes_text(accessor):
    data = accessor.open("notes.txt", "w")
    data.write("one\ntwo\n")
    data.close()
    assert get(accessor, "notes.txt", "r") == "one\ntwo\n"


def test_written_in_chunks_arrives_whole(accessor):
    data = accessor.open("big.bin", "wb")
    for number in range(50):
        data.write(bytes([number]) * 10_000)
    data.close()
    assert get(accessor, "big.bin") == b"".join(bytes([number]) * 10_000 for number in range(50))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("wb", b"new"), ("w+b", b"new"), ("ab", b"old contentnew"), ("a+b", b"old contentnew"), ("r+b", b"new content")],
)
def test_mode_keeps_its_meaning_over_an_existing_file(accessor, mode, expected):
    put(accessor, "file.bin", b"old content")
    data = accessor.open("file.bin", mode)
    data.write(b"new")
    data.close()
    assert get(accessor, "file.bin") == expected


@pytest.mark.parametrize("mode", ["wb", "w+b", "ab", "a+b", "xb"])
def test_mode_creates_a_missing_file(accessor, mode):
    data = accessor.open("file.bin", mode)
    data.write(b"new")
    data.close()
    assert get(accessor, "file.bin") == b"new"


@pytest.mark.parametrize("mode", ["w+b", "a+b", "x+b"])
def test_updating_mode_reads_what_it_wrote(accessor, mode):
    data = accessor.open("file.bin", mode)
    data.write(b"hello world")
    data.seek(6)
    assert data.tell() == 6
    assert data.read() == b"world"
    data.write(b"!")
    data.close()
    assert get(accessor, "file.bin") == b"hello world!"


@pytest.mark.parametrize("mode", ["rb", "r+b"])
def test_opening_what_is_missing_is_not_found(accessor, mode):
    with pytest.raises(ftrack_api.exception.AccessorResourceNotFoundError):
        accessor.open("missing.bin", mode)


@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_writing_into_a_missing_container_is_not_found(accessor, mode):
    with pytest.raises(ftrack_api.exception.AccessorResourceNotFoundError):
        accessor.open("missing/file.bin", mode)


def test_exclusive_mode_over_an_existing_file_fails(accessor):
    put(accessor, "file.bin", b"old")
    with pytest.raises(ftrack_api.exception.AccessorOperationFailedError):
        accessor.open("file.bin", "xb")
    assert get(accessor, "file.bin") == b"old"


@pytest.mark.parametrize("mode", ["rb", "wb", "ab", "r+b"])
def test_opening_a_container_is_invalid(accessor, mode):
    accessor.make_container("folder")
    with pytest.raises(ftrack_api.exception.AccessorResourceInvalidError):
        accessor.open("folder", mode)


@pytest.mark.parametrize("mode", ["", "q", "rw", "b", "wa"])
def test_unknown_mode_is_a_value_error_and_leaves_nothing(accessor, mode):
    with pytest.raises(ValueError, match="mode"):
        accessor.open("file.bin", mode)
    assert os.listdir(accessor.prefix) == []


def test_closing_twice_is_harmless(accessor):
    data = accessor.open("file.bin", "wb")
    data.write(b"new")
    data.close()
    data.close()
    assert data.closed
    assert get(accessor, "file.bin") == b"new"


def test_missing_resource_is_neither_file_nor_container(accessor):
    assert not accessor.exists("missing/file.bin")
    assert not accessor.is_file("missing/file.bin")
    assert not accessor.is_container("missing/file.bin")


def test_sequences_are_not_recognised(accessor):
    with pytest.raises(ftrack_api.exception.AccessorUnsupportedOperationError):
        accessor.is_sequence("plate.%04d.exr")


def test_root_exists_and_is_a_container(accessor):
    assert accessor.exists("")
    assert accessor.is_container("")
    assert not accessor.is_file("")


def test_list_names_the_items_as_identifiers(accessor):
    put(accessor, "show/a.txt")
    put(accessor, "show/deep/b.txt")
    put(accessor, "c.txt")
    assert sorted(accessor.list("")) == ["c.txt", "show"]
    assert sorted(accessor.list("show")) == ["show/a.txt", "show/deep"]
    assert all(accessor.exists(identifier) for identifier in accessor.list("show"))


def test_list_of_what_is_missing_is_not_found(accessor):
    with pytest.raises(ftrack_api.exception.AccessorResourceNotFoundError):
        accessor.list("missing")


def test_list_of_a_file_is_invalid(accessor):
    put(accessor, "file.bin")
    with pytest.raises(ftrack_api.exception.AccessorResourceInvalidError):
        accessor.list("file.bin")


def test_container_is_made_with_those_above_it_and_again_without_complaint(accessor):
    accessor.make_container("a/b/c")
    accessor.make_container("a/b/c")
    assert accessor.is_container("a/b/c")


def test_container_below_a_missing_one_needs_recursion(accessor):
    with pytest.raises(ftrack_api.exception.AccessorParentResourceNotFoundError):
        accessor.make_container("a/b", recursive=False)
    accessor.make_container("a", recursive=False)
    accessor.make_container("a/b", recursive=False)
    accessor.make_container("a/b", recursive=False)
    assert accessor.is_container("a/b")


def test_container_below_a_file_is_invalid(accessor):
    put(accessor, "file.bin")
    with pytest.raises(ftrack_api.exception.AccessorResourceInvalidError):
        accessor.make_container("file.bin/below")


@pytest.mark.parametrize(
    ("identifier", "container"),
    [("a.txt", ""), ("a/b.txt", "a"), ("a/b/c.%04d.exr", "a/b"), ("a/b/", "a"), ("./a/b", "a")],
)
def test_container_of_a_resource(accessor, identifier, container):
    assert accessor.get_container(identifier) == container


def test_root_has_no_container(accessor):
    with pytest.raises(ftrack_api.exception.AccessorParentResourceNotFoundError):
        accessor.get_container("")


def test_remove_takes_files_and_empty_containers_away(accessor):
    put(accessor, "folder/file.bin")
    with pytest.raises(ftrack_api.exception.AccessorContainerNotEmptyError):
        accessor.remove("folder")
    accessor.remove("folder/file.bin")
    accessor.remove_container("folder")
    assert not accessor.exists("folder")


def test_remove_of_what_is_missing_is_not_found(accessor):
    with pytest.raises(ftrack_api.exception.AccessorResourceNotFoundError):
        accessor.remove("missing.bin")


def test_filesystem_path_lies_below_the_prefix(accessor):
    expected = os.path.join(accessor.prefix, "show", "plate.%04d.exr")
    assert accessor.get_filesystem_path("show/plate.%04d.exr") == expected
    assert accessor.get_filesystem_path("show/../show/./plate.%04d.exr") == expected
    assert accessor.get_filesystem_path("") == accessor.prefix


def test_absolute_path_inside_the_prefix_is_accepted(accessor):
    put(accessor, "show/file.bin", b"x")
    absolute = os.path.join(accessor.prefix, "show", "file.bin")
    assert accessor.get_filesystem_path(absolute) == absolute
    assert accessor.get_container(absolute) == "show"
    assert get(accessor, absolute) == b"x"


@pytest.mark.parametrize("identifier", ["..", "../x", "a/../../x", "/x"])
def test_outside_of_the_prefix_is_a_filesystem_path_error(accessor, identifier):
    with pytest.raises(ftrack_api.exception.AccessorFilesystemPathError):
        accessor.get_filesystem_path(identifier)
    with pytest.raises(ftrack_api.exception.AccessorFilesystemPathError):
        accessor.open(identifier, "wb")


def test_prefix_is_expanded(request, tmp_path, monkeypatch, accessor):
    monkeypatch.setenv("STAGING_BASE", str(tmp_path))
    assert type(accessor)(prefix="$STAGING_BASE/x/../projects").prefix == accessor.prefix


def test_links_inside_of_the_root_are_followed(accessor):
    put(accessor, "real/file.bin", b"old")
    os.symlink("real", os.path.join(accessor.prefix, "folder"))
    os.symlink("real/file.bin", os.path.join(accessor.prefix, "link.bin"))
    assert get(accessor, "folder/file.bin") == b"old"
    put(accessor, "link.bin", b"new")
    assert os.path.islink(os.path.join(accessor.prefix, "link.bin"))
    assert get(accessor, "real/file.bin") == b"new"
    accessor.make_container("folder")
    accessor.make_container("folder/deeper")
    assert accessor.is_container("real/deeper")


def test_prefix_may_be_a_link(accessor, tmp_path):
    linked = tmp_path / "linked"
    linked.symlink_to(accessor.prefix)
    through_link = type(accessor)(prefix=str(linked))
    put(through_link, "a/file.bin", b"x")
    assert get(accessor, "a/file.bin") == b"x"
    assert through_link.list("a") == ["a/file.bin"]
