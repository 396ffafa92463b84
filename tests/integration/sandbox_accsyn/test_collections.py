"""Collections: scattered files handed out, to be read and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import last, run, shown_task, tree

FILES = {"show/a/plate.mov": b"1", "show/b/pack/deep/x.exr": b"22", "show/secret.mov": b"333"}


@pytest.fixture
def collection(acme: Any, session: Any) -> Any:
    for path, data in FILES.items():
        (acme.hq / path).parent.mkdir(parents=True, exist_ok=True)
        (acme.hq / path).write_bytes(data)
    files = ["volume=projects/show/a/plate.mov", "volume=projects/show/b/pack"]
    return session.create("Collection", {"name": "For vendor", "code": "for-vendor", "files": files})


@pytest.fixture
def vendor(acme: Any, admin: Any, collection: Any) -> Any:
    admin.grant("User", "vendor@acme.test", "Collection", "for-vendor", {"read": True})
    return acme.login("vendor")


def test_collection_tells_its_files_which_come_and_go(acme: Any, session: Any, collection: Any) -> None:
    assert (collection["type"], collection["name"], collection["code"]) == ("collection", "For vendor", "for-vendor")
    first, second = session.find("File", entityid=collection["id"])
    assert (first["name"], second["path"]) == ("plate.mov", "volume=projects/show/b/pack")
    added = session.create("File", {"files": ["volume=projects/show/secret.mov"]}, collection["id"])
    assert added["name"] == "secret.mov"
    assert session.delete_many("Collection", collection["id"], {"files": [added["id"], first["id"]]}) is True
    assert session.find("File", entityid=collection["id"]) == [second]
    with pytest.raises(AccsynException, match="No such files"):
        session.delete_many("Collection", collection["id"], {"files": [second["id"], first["id"]]})
    assert session.find("File", entityid=collection["id"]) == [second]


def test_its_reader_sees_exactly_these_files(vendor: Any, collection: Any) -> None:
    assert [row["filename"] for row in vendor.ls("collection=for-vendor")] == ["plate.mov", "pack"]
    assert [row["filename"] for row in vendor.ls("collection=for-vendor/pack")] == ["deep"]
    assert vendor.getsize("collection=for-vendor/pack/deep/x.exr") == 2
    assert [row["id"] for row in vendor.find("Collection")] == [collection["id"]]
    with pytest.raises(AccsynException, match="no such file"):
        vendor.exists("collection=for-vendor/secret.mov")
    with pytest.raises(AccsynException, match="no read access"):
        vendor.exists("volume=projects/show/a/plate.mov")


def test_its_reader_fetches_them_by_name(acme: Any, vendor: Any, engine: Any, tmp_path: Path) -> None:
    folder = f"client={acme.demo.vendor_client.id}:{tmp_path}/got/"
    tasks = [{"source": f"collection=for-vendor/{name}", "destination": folder} for name in ("plate.mov", "pack")]
    assert run(acme, vendor, *tasks) == "done"
    assert tree(tmp_path / "got") == {"plate.mov": b"1", "pack/deep/x.exr": b"22"}
    assert shown_task(vendor, last(acme).id)["source"]["path"] == "show/a/plate.mov"


def test_its_reader_fetches_them_again_only_as_long_as_that_is_granted(
    acme: Any, vendor: Any, admin: Any, engine: Any, collection: Any, tmp_path: Path
) -> None:
    assert run(acme, vendor, {"source": "collection=for-vendor/pack", "destination": f"{tmp_path}/got/"}) == "done"
    again = [{"uri": "0", "status": "queued"}]
    assert vendor.update_many("Task", last(acme).id, again)
    admin.revoke("User", "vendor@acme.test", "Collection", collection["id"])
    with pytest.raises(AccsynException, match="no read access"):
        vendor.update_many("Task", last(acme).id, again)


def test_nothing_is_written_to_it_and_nobody_else_reads_it(acme: Any, vendor: Any, collection: Any) -> None:
    task = {"source": f"client={acme.demo.vendor_client.id}:/tmp/a.mov"}
    for where in ("collection=for-vendor/plate.mov", "collection=for-vendor/"):
        with pytest.raises(AccsynException, match="only read"):
            vendor.create("Transfer", {**task, "destination": where})
    acme.service.workspace.add_user("other@acme.test", "other-demo-key", "standard")
    other = acme.login("other")
    for call in (other.ls, other.exists):
        with pytest.raises(AccsynException, match="no read access"):
            call("collection=for-vendor" if call == other.ls else "collection=for-vendor/plate.mov")
    with pytest.raises(AccsynException, match="No collection found"):
        other.find("File", entityid=collection["id"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"files": []}, "must be a list"),
        ({"files": "volume=projects/show"}, "must be a list"),
        ({"files": ["volume=projects"]}, "Only files and folders"),
        ({"files": ["site=london:volume=projects/show"]}, "Only files and folders"),
        ({"files": ["volume=nothing/show"]}, "Unknown share"),
        ({"code": "for-vendor"}, "for-vendor already"),
    ],
)
def test_impossible_collection_is_refused(session: Any, collection: Any, data: dict[str, Any], message: str) -> None:
    with pytest.raises(AccsynException, match=message):
        session.create("Collection", {"name": "x", "files": ["volume=projects/show"], **data})


def test_standard_user_makes_and_changes_none(vendor: Any, collection: Any) -> None:
    with pytest.raises(AccsynException, match="not allowed to create"):
        vendor.create("Collection", {"name": "x", "files": ["collection=for-vendor/pack"]})
    with pytest.raises(AccsynException, match="not allowed to change"):
        vendor.create("File", {"files": ["collection=for-vendor/pack"]}, collection["id"])
