"""File operations on the volume at head quarters."""

from __future__ import annotations

from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException


@pytest.fixture(autouse=True)
def content(acme: Any) -> None:
    (acme.hq / "show" / "deep").mkdir(parents=True)
    (acme.hq / "show" / "a.mov").write_bytes(b"12345")
    (acme.hq / "show" / "deep" / "b.mov").write_bytes(b"123")


def test_listing_tells_kind_name_size_and_time(session: Any) -> None:
    first, second = session.ls("share=projects/show")
    assert (first["type"], first["filename"], first["size"]) == (1, "a.mov", 5)
    assert first["modified"].utcoffset() is not None
    assert (second["type"], second["filename"], "files" in second) == (0, "deep", False)


def test_recursive_listing_has_what_is_inside(session: Any) -> None:
    (show,) = session.ls("share=projects", recursive=True, getsize=True)
    assert (show["filename"], show["size"]) == ("show", 8)
    assert [entry["filename"] for entry in show["files"][1]["files"]] == ["b.mov"]
    (show,) = session.ls("share=projects", recursive=True, maxdepth=2)
    assert "files" not in show["files"][1]


def test_listing_can_be_narrowed(session: Any) -> None:
    assert [row["filename"] for row in session.ls("share=projects/show", files_only=True)] == ["a.mov"]
    assert [row["filename"] for row in session.ls("share=projects/show", directories_only=True)] == ["deep"]


def names(rows: list[dict[str, Any]]) -> list[Any]:
    """The names of a listing; that of a folder with what is listed in it."""
    return [(row["filename"], names(row["files"])) if row.get("files") else row["filename"] for row in rows]


@pytest.mark.parametrize(
    ("filters", "listed"),
    [
        ({"include": "A.MOV"}, ["a.mov"]),
        ({"include": "*.mov"}, ["a.mov", ("deep", ["b.mov"])]),
        ({"include": ["b*", "nothing"]}, [("deep", ["b.mov"])]),
        ({"include": "*ee*"}, ["deep"]),
        ({"include": "b*v", "exclude": "*"}, [("deep", ["b.mov"])]),
        ({"include": "re('^[ab]\\.')"}, ["a.mov", ("deep", ["b.mov"])]),
        ({"include": "re('A.mov', 'I')"}, []),
        ({"exclude": "re('^A')"}, [("deep", ["b.mov"])]),
        ({"exclude": "*mov"}, ["deep"]),
        ({"exclude": "deep"}, ["a.mov", ("deep", ["b.mov"])]),
        ({"exclude": ["deep", "b.mov"]}, ["a.mov"]),
    ],
)
def test_listing_is_filtered_by_names(session: Any, filters: dict[str, Any], listed: list[Any]) -> None:
    assert names(session.ls("share=projects/show", recursive=True, **filters)) == listed


def test_size_counts_what_a_filter_lets_through(session: Any) -> None:
    assert session.getsize("share=projects/show", include="b.mov") == 3
    assert session.getsize("share=projects/show", exclude="*") == 0


@pytest.mark.parametrize(("include", "message"), [("re('(')", "Invalid regular expression"), ([1], "must be a text")])
def test_filter_that_is_none_is_refused(session: Any, include: Any, message: str) -> None:
    with pytest.raises(AccsynException, match=message):
        session.ls("share=projects/show", include=include)


@pytest.mark.parametrize(
    ("path", "size"), [("share=projects/show/a.mov", 5), ("acme:volume=projects/show", 8), ("show/a.mov", 5)]
)
def test_size_of_files_and_folders(session: Any, path: str, size: int) -> None:
    assert session.getsize(path) == size


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("share=projects/show/a.mov", True),
        ("acme:share=projects/show/a.mov", True),
        ("share=projects/show", True),
        ("share=projects/show/A.mov.part", False),
        ("share=projects/nothing/here", False),
        ("share=projects/show/a.mov/below", False),
    ],
)
def test_existence_is_told(session: Any, path: str, there: bool) -> None:
    assert session.exists(path) is there


def test_folders_are_made_renamed_moved_and_deleted(acme: Any, session: Any) -> None:
    assert session.mkdir("share=projects/new") is session.mkdir("share=projects/new/sub") is True
    assert session.rename("share=projects/show/a.mov", "share=projects/show/c.mov") is True
    assert session.mv("share=projects/show/c.mov", "share=projects/new/sub/d.mov") is True
    assert (acme.hq / "new" / "sub" / "d.mov").read_bytes() == b"12345"
    assert session.delete("share=projects/new/sub/d.mov") is True
    assert session.delete("share=projects/new/sub") is True
    assert session.delete("share=projects/show", force=True) is True
    assert [path.name for path in acme.hq.iterdir()] == ["new"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.getsize("share=projects/nothing"), "No such file"),
        (lambda s: s.getsize("share=projects/show/a.mov/below"), "No such file"),
        (lambda s: s.ls("share=projects/nothing"), "No such file"),
        (lambda s: s.ls("share=projects/show/a.mov"), "Not a directory"),
        (lambda s: s.exists("share=nothing/x"), "Unknown share"),
        (lambda s: s.exists("share=projects/../x"), "Invalid path"),
        (lambda s: s.mkdir(["share=projects/new"]), "must be a text"),
        (lambda s: s.exists("artist@acme.test:share=projects/x"), "Not a path in a share"),
        (lambda s: s.mkdir("share=projects/show"), "failed"),
        (lambda s: s.delete("share=projects/show"), "Cannot delete non-empty directory 'share=projects/show'!"),
        (lambda s: s.delete("share=projects", force=True), "cannot be deleted"),
        (lambda s: s.rename("share=projects/show/a.mov", "share=projects/b.mov"), "within its directory"),
        (lambda s: s.mv("share=projects/show/a.mov", "share=projects/show/deep/b.mov"), "exists already"),
        (lambda s: s._event("GET", "workspace/file", {"op": "chmod", "path": "x"}), "Unknown file operation"),
    ],
)
def test_impossible_operation_is_refused(acme: Any, session: Any, call: Any, message: str) -> None:
    before = sorted(acme.hq.rglob("*"))
    with pytest.raises(AccsynException, match=message):
        call(session)
    assert sorted(acme.hq.rglob("*")) == before


def test_operations_fail_while_the_server_is_offline(acme: Any, session: Any) -> None:
    acme.service.engine.client_offline(acme.demo.hq_server.id)
    with pytest.raises(AccsynException, match="server of hq is offline"):
        session.exists("share=projects/show")


def test_site_in_front_of_a_path_follows_the_workspace(acme: Any, session: Any) -> None:
    (acme.london / "there.mov").write_bytes(b"1")
    with pytest.raises(AccsynException, match="Not a path"):
        session.exists("site=london:share=projects/there.mov")
    acme.service.workspace.files_at_sites = True
    assert session.exists("site=london:share=projects/there.mov") is True
    assert session.getsize("site=london:share=projects/there.mov") == 1
    (row,) = session.ls("site=london:share=projects")
    assert (row["type"], row["filename"], row["size"]) == (1, "there.mov", 1)
    assert session.exists("share=projects/there.mov") is False
    with pytest.raises(AccsynException, match="No such file"):
        session.getsize("site=london:share=projects/show/a.mov")
    acme.service.engine.client_offline(acme.demo.london_server.id)
    with pytest.raises(AccsynException, match="server of london is offline"):
        session.getsize("site=london:share=projects/there.mov")


def test_path_in_a_folder_share_is_found(acme: Any, session: Any, admin: Any) -> None:
    admin.create("Folder", {"parent": acme.demo.volume.id, "path": "show/deep", "name": "Deep"})
    assert session.getsize("folder=Deep/b.mov") == 3
