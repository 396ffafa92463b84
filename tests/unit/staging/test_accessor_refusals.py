"""What our accessor refuses on a real file system, that nothing is touched then, and that its errors can be printed."""

from __future__ import annotations

import errno
import os
import pathlib
import shutil
import sys
import tempfile

import pytest
from ftrack_api import exception as ftrack_errors

import ftrack_accsyn_accessor
from ftrack_accsyn_accessor.staging.accessor import AccsynAccessor

SECRET = "secret.txt"

EVERY_METHOD = pytest.mark.parametrize(
    "call",
    [
        lambda accessor, identifier: accessor.open(identifier, "rb"),
        lambda accessor, identifier: accessor.open(identifier, "wb"),
        lambda accessor, identifier: accessor.open(identifier, "ab"),
        lambda accessor, identifier: accessor.open(identifier, "r+b"),
        lambda accessor, identifier: accessor.exists(identifier),
        lambda accessor, identifier: accessor.is_file(identifier),
        lambda accessor, identifier: accessor.is_container(identifier),
        lambda accessor, identifier: accessor.list(identifier),
        lambda accessor, identifier: accessor.remove(identifier),
        lambda accessor, identifier: accessor.make_container(identifier),
        lambda accessor, identifier: accessor.make_container(identifier, recursive=False),
        lambda accessor, identifier: accessor.get_filesystem_path(identifier),
    ],
    ids=["read", "write", "append", "update", "exists", "file", "container", "list", "remove", "make", "make1", "path"],
)


@pytest.fixture
def accessor(tmp_path):
    """An accessor of tmp_path/projects, beside which things lie that it must not reach."""
    (tmp_path / "projects" / "show").mkdir(parents=True)
    (tmp_path / "projects-secret").mkdir()
    (tmp_path / "projects-secret" / SECRET).write_text("untouched")
    return AccsynAccessor(prefix=str(tmp_path / "projects"))


@pytest.fixture
def ordinary_user_folder():
    folder = pathlib.Path(tempfile.mkdtemp())  # not tmp_path, which other users cannot enter
    yield folder
    os.chmod(folder, 0o777)
    shutil.rmtree(folder)


@pytest.fixture
def as_ordinary_user():
    """Run a function in a forked child that is not root, for root may do anything; fail when it failed."""

    def run(function):
        if os.geteuid() != 0:
            return function()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setgid(65534)
                os.setuid(65534)
                function()
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        return None

    return run


def tree(folder):
    """Return everything below *folder*, links not followed, with the content of files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        is_plain = path.is_file() and not path.is_symlink()
        found[str(path.relative_to(folder))] = path.read_bytes() if is_plain else None
    return found


def test_package_exports_the_accessor():
    assert ftrack_accsyn_accessor.AccsynAccessor is AccsynAccessor


@pytest.mark.parametrize("prefix", ["", None])
def test_accessor_without_a_root_is_refused(prefix):
    with pytest.raises(ValueError, match="prefix"):
        AccsynAccessor(prefix=prefix)


@EVERY_METHOD
@pytest.mark.parametrize(
    "identifier",
    [
        "../projects-secret/secret.txt",
        "show/../../projects-secret/secret.txt",
        "show\\..\\..\\projects-secret\\secret.txt",
        "{tmp}/projects-secret/secret.txt",
        "/{tmp}/projects/show",
        "C:\\secret.txt",
        "show/\0",
        None,
        b"show",
    ],
)
def test_identifier_outside_of_the_root_touches_nothing(accessor, tmp_path, call, identifier):
    if isinstance(identifier, str):
        identifier = identifier.replace("{tmp}", str(tmp_path))
    before = tree(tmp_path)
    with pytest.raises(ftrack_errors.AccessorFilesystemPathError) as caught:
        call(accessor, identifier)
    assert "is refused: it " in str(caught.value)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("identifier", ["..", "../projects-secret/secret.txt", "C:\\secret.txt", "/etc/passwd", "a\0b"])
def test_nothing_outside_of_the_root_has_a_container(accessor, identifier):
    with pytest.raises(ftrack_errors.AccessorFilesystemPathError):
        accessor.get_container(identifier)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows file names can hold lone surrogates")
def test_text_that_no_file_name_can_hold_is_refused_and_printable(accessor):
    with pytest.raises(ftrack_errors.AccessorFilesystemPathError) as caught:
        accessor.exists("show/\ud800")
    assert "\\ud800" in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has one encoding of file names")
@pytest.mark.parametrize(("encoding", "letters"), [("ascii", "プレート"), ("latin-1", "プレート"), ("latin-1", "grøn")])
def test_letter_that_the_hosts_locale_lacks_is_refused_with_how_to_start_the_host(
    accessor, monkeypatch, encoding, letters
):
    # A patch, as the encoding of file names is settled when an interpreter starts.
    monkeypatch.setattr(os, "fsencode", lambda text: text.encode(encoding, "surrogateescape"))
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: encoding)
    with pytest.raises(ftrack_errors.AccessorFilesystemPathError) as caught:
        accessor.exists(f"show/{letters}")
    assert f"has no letter for a part of it that others read (its file names are in {encoding})" in str(caught.value)
    assert "PYTHONUTF8=1" in str(caught.value)


@EVERY_METHOD
@pytest.mark.parametrize(
    "identifier", ["away/secret.txt", "show/file.txt", "away", "dangling/x", "show/dangling", "up/x"]
)
def test_link_out_of_the_root_is_not_followed(accessor, tmp_path, call, identifier):
    root = tmp_path / "projects"
    (root / "away").symlink_to(tmp_path / "projects-secret")
    (root / "show" / "file.txt").symlink_to("../../projects-secret/secret.txt")
    (root / "dangling").symlink_to(tmp_path / "projects-nowhere")
    (root / "show" / "dangling").symlink_to(tmp_path / "projects-nowhere")
    (root / "up").symlink_to("..")
    before = tree(tmp_path)
    with pytest.raises(ftrack_errors.AccessorFilesystemPathError, match="leads out of the root"):
        call(accessor, identifier)
    assert tree(tmp_path) == before


def test_folder_that_becomes_a_link_out_of_the_root_is_noticed_at_once(accessor, tmp_path):
    show = tmp_path / "projects" / "show"
    assert not accessor.exists("show/secret.txt")
    show.rmdir()
    show.symlink_to(tmp_path / "projects-secret")
    with pytest.raises(ftrack_errors.AccessorFilesystemPathError):
        accessor.exists("show/secret.txt")


def test_root_that_becomes_a_link_elsewhere_is_the_new_root(accessor, tmp_path):
    assert not accessor.exists("show/x")
    (tmp_path / "projects").rename(tmp_path / "moved")
    (tmp_path / "projects").symlink_to(tmp_path / "moved")
    accessor.make_container("show/deep")
    assert (tmp_path / "moved" / "show" / "deep").is_dir()


def test_many_folders_do_not_accumulate(accessor):
    for number in range(1100):
        accessor.exists(f"show/{number}/x")
        accessor.make_container(f"show/{number}")
        accessor.exists(f"show/{number}/x")
    assert accessor.is_container("show/1099")
    assert len(accessor._inside) <= 1000


def test_root_is_never_removed(accessor, tmp_path):
    (tmp_path / "projects" / "show").rmdir()
    with pytest.raises(ftrack_errors.AccessorPermissionDeniedError, match="it is the root"):
        accessor.remove("")
    assert (tmp_path / "projects").is_dir()


def test_removing_a_link_leaves_its_target(accessor, tmp_path):
    show = tmp_path / "projects" / "show"
    (show / "real.txt").write_text("kept")
    (show / "link.txt").symlink_to("real.txt")
    accessor.remove("show/link.txt")
    assert [path.name for path in show.iterdir()] == ["real.txt"]


def test_container_in_place_of_a_file_is_invalid(accessor, tmp_path):
    (tmp_path / "projects" / "show" / "file").write_text("kept")
    with pytest.raises(ftrack_errors.AccessorResourceInvalidError, match="a file has that name"):
        accessor.make_container("show/file")


@pytest.mark.skipif(sys.platform == "win32", reason="a backslash cannot be in a Windows file name")
def test_list_leaves_out_what_no_identifier_could_name(accessor, tmp_path):
    (tmp_path / "projects" / "show" / "back\\slash.txt").write_text("x")
    (tmp_path / "projects" / "show" / "fine.txt").write_text("x")
    assert accessor.list("show") == ["show/fine.txt"]


def test_list_of_an_absolute_path_gives_relative_identifiers(accessor, tmp_path):
    (tmp_path / "projects" / "show" / "b").write_text("x")
    (tmp_path / "projects" / "show" / "a").write_text("x")
    assert accessor.list(str(tmp_path / "projects" / "show")) == ["show/a", "show/b"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_writing_over_a_pipe_is_invalid(accessor, tmp_path):
    os.mkfifo(tmp_path / "projects" / "show" / "pipe")
    with pytest.raises(ftrack_errors.AccessorResourceInvalidError):
        accessor.open("show/pipe", "wb")


@pytest.mark.parametrize("name", ["{0}", "{", "}", "{missing}.exr", "100%", "a'b\"c", "日本"])
def test_every_error_can_be_printed(accessor, name):
    calls = [
        lambda: accessor.open(f"show/{name}", "rb"),
        lambda: accessor.remove(f"show/{name}"),
        lambda: accessor.list(f"show/{name}"),
        lambda: accessor.make_container(f"missing/{name}", recursive=False),
        lambda: accessor.open(f"../{name}", "rb"),
    ]
    for call in calls:
        with pytest.raises(ftrack_errors.AccessorError) as caught:
            call()
        assert f"{name}" in str(caught.value)
        assert "b'" not in str(caught.value)


def test_error_keeps_its_details(accessor):
    with pytest.raises(ftrack_errors.AccessorPermissionDeniedError) as caught:
        accessor.remove("")
    assert caught.value.details["operation"] == "remove"
    assert caught.value.details["error"].errno == errno.EPERM
    assert caught.value.__cause__ is caught.value.details["error"]


def test_name_that_is_too_long_is_a_failed_operation(accessor):
    with pytest.raises(ftrack_errors.AccessorOperationFailedError, match=r"too long|syntax"):
        accessor.make_container("show/" + "n" * 300)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs permissions that bind this very user")
def test_missing_permission_is_permission_denied(ordinary_user_folder, as_ordinary_user):
    """Error EACCES: DiskAccessor makes a plain failed operation of it, of which permission denied is a kind."""
    os.chmod(ordinary_user_folder, 0o555)
    (ordinary_user_folder / "file.txt").write_text("kept")
    os.chmod(ordinary_user_folder / "file.txt", 0o444)
    accessor = AccsynAccessor(prefix=str(ordinary_user_folder))

    def attempts():
        for call in (
            lambda: accessor.make_container("below"),
            lambda: accessor.open("new.txt", "wb"),
            lambda: accessor.open("file.txt", "wb"),
            lambda: accessor.remove("file.txt"),
        ):
            with pytest.raises(ftrack_errors.AccessorPermissionDeniedError, match="Permission denied"):
                call()

    as_ordinary_user(attempts)
    assert (ordinary_user_folder / "file.txt").read_text() == "kept"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs permissions that bind this very user")
def test_protected_file_is_not_replaced(ordinary_user_folder, as_ordinary_user):
    """A rename would not heed the protection of the file that it replaces."""
    os.chmod(ordinary_user_folder, 0o777)
    (ordinary_user_folder / "file.txt").write_text("kept")
    os.chmod(ordinary_user_folder / "file.txt", 0o444)
    accessor = AccsynAccessor(prefix=str(ordinary_user_folder))

    def attempt():
        with pytest.raises(ftrack_errors.AccessorPermissionDeniedError):
            accessor.open("file.txt", "wb")

    as_ordinary_user(attempt)
    assert os.listdir(ordinary_user_folder) == ["file.txt"]
