"""An absolute path without a party: below a volume it is the workspace's, elsewhere it lies on the caller's machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import last, shown_task, tree


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder that is below no volume, with a file in it."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "a.mov").write_bytes(b"data")
    return folder


def test_local_file_is_uploaded_from_the_own_machine(acme: Any, session: Any, engine: Any, desk: Path) -> None:
    session.create("Transfer", {"source": str(desk / "a.mov"), "destination": "show/b.mov"})
    engine.wait_idle()
    assert (last(acme).status, tree(acme.hq)) == ("done", {"show/b.mov": b"data"})
    row = session.get_entity("Transfer", last(acme).id)
    assert (row["source_hr"], row["destination_hr"]) == ("artist@acme.test", "acme")
    source = shown_task(session, last(acme).id)["source"]
    assert (source["client"], source["path"]) == (acme.demo.artist_client.id, str(desk / "a.mov"))


@pytest.mark.parametrize(("destination", "arrived"), [("got/", "got/a.mov"), ("got/b.mov", "got/b.mov")])
def test_file_of_a_volume_is_downloaded_to_the_own_machine(
    acme: Any, session: Any, engine: Any, desk: Path, destination: str, arrived: str
) -> None:
    (acme.hq / "a.mov").write_bytes(b"other")
    session.create("Transfer", {"source": "a.mov", "destination": f"{desk}/{destination}"})
    engine.wait_idle()
    assert tree(desk) == {"a.mov": b"data", arrived: b"other"}


def test_task_is_added_to_a_job_by_a_local_path(acme: Any, session: Any, engine: Any, desk: Path) -> None:
    (desk / "b.mov").write_bytes(b"b")
    job = session.create("Transfer", {"source": str(desk / "a.mov"), "destination": "a.mov"})["id"]
    session.create("Task", {"tasks": {"source": str(desk / "b.mov"), "destination": "b.mov"}}, job)
    engine.wait_idle()
    assert tree(acme.hq) == {"a.mov": b"data", "b.mov": b"b"}


def test_who_has_no_machine_cannot_mean_one(acme: Any, admin: Any, desk: Path) -> None:
    acme.demo.hq_server.user_id = acme.demo.london_server.user_id = ""
    with pytest.raises(AccsynException, match="never had a client"):
        admin.create("Transfer", {"source": str(desk / "a.mov"), "destination": "a.mov"})


def test_path_below_a_volume_is_that_of_the_workspace(acme: Any, session: Any, desk: Path) -> None:
    job = session.create("Transfer", {"source": str(acme.hq / "a.mov"), "destination": f"{desk}/got/"})
    source = shown_task(session, job["id"])["source"]
    assert (source["client"], source["path"]) == (None, "a.mov")


IMPOSSIBLE = {
    "between two machines": ("{desk}/a.mov", "{desk}/b.mov"),
    "Cannot mirror a path that is not in a share": ("{desk}/a.mov", "acme"),
    "not below any volume": ("acme:{desk}/a.mov", "b.mov"),
}


@pytest.mark.parametrize("message", IMPOSSIBLE)
def test_local_path_makes_nothing_possible_that_was_not(acme: Any, session: Any, desk: Path, message: str) -> None:
    source, destination = (text.format(desk=desk) for text in IMPOSSIBLE[message])
    with pytest.raises(AccsynException, match=message):
        session.create("Transfer", {"source": source, "destination": destination})
    with pytest.raises(AccsynException, match="Not a path in a share"):
        session.ls(str(desk))
