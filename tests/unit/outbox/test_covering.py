"""Containers and sequences, and what is published of them by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.item import Item, Kind, Publication, StagedFile, State
from making import HQ


def staged(paths: Sequence[str], size_bytes: int) -> tuple[StagedFile, ...]:
    return tuple(StagedFile(path, size_bytes, 1) for path in paths)


def publish(desk: Any, component_id: str, kind: Kind, path: str, files: Sequence[str], size_bytes: int = 10) -> Item:
    """Publish a component a second after whatever came before it; return its item."""
    desk.clock.now += 1.0
    made: Publication = desk.publication(
        component_id, kind=kind, resource_identifier=path, files=staged(files, size_bytes)
    )
    desk.outbox.prepare([made], "owner")
    desk.outbox.activate([component_id], "l1")
    item: Item = desk.item(component_id)
    return item


def sync(desk: Any, item: Item) -> None:
    job = desk.job()
    desk.attempt([item], job)
    desk.outbox.submitted([item], job)
    desk.outbox.tracking.synced([item])


AROUND = {
    "container": (Kind.CONTAINER, "show_a/pack", ["show_a/pack/a.txt", "show_a/pack/b.txt"]),
    "nested": (Kind.CONTAINER, "show_a", ["show_a/pack/a.txt", "show_a/pack/deep/b.txt"]),
    "sequence": (Kind.SEQUENCE, "show_a/main.%04d.exr", ["show_a/main.0001.exr", "show_a/main.0002.exr"]),
    "wider frame": (Kind.SEQUENCE, "show_a/main.%04d.exr", ["show_a/main.10000.exr", "show_a/main.10001.exr"]),
    "unpadded": (Kind.SEQUENCE, "show_a/v2_main.%d.exr", ["show_a/v2_main.7.exr", "show_a/v2_main.8.exr"]),
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
def test_member_published_by_itself_after_the_whole_is_synced_marks_it_and_is_found(desk: Any, around: Any) -> None:
    sync(desk, publish(desk, "whole", *around))
    member = publish(desk, "member", Kind.FILE, around[2][0], around[2][:1], 70)
    assert [item.publication.component_id for item in desk.outbox.stale()] == ["whole"]
    assert desk.item("whole").stale_at == HQ.location_id
    assert [item.id for item in desk.outbox.tracking.newer(desk.item("whole"))] == [member.id]
    assert desk.outbox.tracking.newer(member) == []


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
def test_member_synced_makes_its_files_those_of_the_whole(desk: Any, around: Any) -> None:
    whole = publish(desk, "whole", *around)
    sync(desk, whole)
    member = publish(desk, "member", Kind.FILE, around[2][0], around[2][:1], 70)
    assert desk.item("whole").publication.size_bytes == 20
    sync(desk, member)
    assert desk.outbox.tracking.newer(whole) == []
    assert [file.size_bytes for file in desk.item("whole").publication.files] == [70, 10]


def test_other_file_beside_the_members_is_none_of_them(desk: Any) -> None:
    whole = publish(desk, "whole", *AROUND["container"])
    sync(desk, whole)
    publish(desk, "other", Kind.FILE, "show_a/pack/c.txt", ["show_a/pack/c.txt"])
    assert desk.outbox.stale() == []
    assert desk.outbox.tracking.newer(whole) == []


def test_whole_published_after_its_member_does_not_wait_for_it(desk: Any) -> None:
    member = publish(desk, "member", Kind.FILE, "show_a/pack/a.txt", ["show_a/pack/a.txt"], 70)
    whole = publish(desk, "whole", *AROUND["container"])
    assert desk.outbox.tracking.newer(whole) == []
    sync(desk, member)
    assert desk.item("whole").publication.size_bytes == 20


def test_earlier_whole_on_the_same_path_is_not_marked(desk: Any) -> None:
    sync(desk, publish(desk, "deleted", *AROUND["container"]))
    sync(desk, publish(desk, "whole", *AROUND["container"]))
    publish(desk, "member", Kind.FILE, "show_a/pack/a.txt", ["show_a/pack/a.txt"])
    assert [item.publication.component_id for item in desk.outbox.stale()] == ["whole"]


@pytest.mark.parametrize("state", list(State))
def test_only_a_synced_whole_is_reopened(desk: Any, state: State) -> None:
    publish(desk, "whole", *AROUND["container"])
    with desk.outbox._connections.writing() as connection:
        connection.execute("UPDATE item SET state = ?", (state.value,))
    desk.outbox.tracking.reopen([desk.item("whole")])
    reopened = state is State.SYNCED
    assert desk.item("whole").state is (State.TRANSFERRING if reopened else state)
    assert (desk.item("whole").arrived_at is not None) is reopened


def test_files_of_the_whole_are_earlier_content_of_its_member(desk: Any) -> None:
    publish(desk, "whole", *AROUND["container"])
    member = desk.publication("member", resource_identifier="show_a/pack/a.txt", files=staged(["show_a/pack/a.txt"], 9))
    assert "show_a/pack/a.txt" in {file.path for file in desk.outbox.earlier_files(member)}


def test_shorter_component_on_the_path_of_a_sent_one_tells_what_stays(desk: Any) -> None:
    sync(desk, publish(desk, "old", *AROUND["container"]))
    new = publish(desk, "new", Kind.CONTAINER, "show_a/pack", ["show_a/pack/a.txt"])
    assert new.left_over == "1 file of its earlier content (b.txt)"


def test_shorter_component_on_the_path_of_one_never_sent_leaves_nothing(desk: Any) -> None:
    publish(desk, "old", *AROUND["container"])
    assert publish(desk, "new", Kind.CONTAINER, "show_a/pack", ["show_a/pack/a.txt"]).left_over == ""


@pytest.mark.parametrize("path", ["//server", "/a.exr", "//a/b.0001.exr"])
def test_paths_that_begin_with_a_slash_end_the_walk_through_their_folders(desk: Any, path: str) -> None:
    desk.outbox.prepare([desk.publication("c1", path=path)], "owner")

    assert desk.outbox.survey.of_path(path) is not None
    assert desk.outbox.survey.of_path("/b/a.exr") is None
