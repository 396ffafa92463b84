"""FTRACK_ACCSYN_VERIFY=size: what accsyn calls done is compared with what was published."""

from __future__ import annotations

from ftrack_accsyn_accessor.model.item import Endpoint, State
from tracking import Desk


def arrive(desk: Desk) -> None:
    """Let everything arrive, with the tracker not yet looking."""
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()
    desk.new_tracker(verify="size")


def test_equal_sizes_make_files_sequences_and_containers_synced(desk: Desk) -> None:
    version = desk.version()
    desk.publisher.publish_file(version)
    desk.publisher.publish_sequence(version, range(1, 41))
    desk.publisher.publish_container(desk.session, version)
    arrive(desk)
    desk.accsyn_calls()

    desk.settle()

    assert desk.all_in(State.SYNCED)
    assert desk.at() == desk.staged()
    # One call a file or folder, however many files are in it.
    assert desk.accsyn_calls().count("workspace/file") == 3


def test_other_size_at_the_destination_is_not_green_and_is_sent_again(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    arrive(desk)
    (path,) = desk.studio.hq.rglob("movie.mov")
    path.write_bytes(b"half")

    desk.settle()

    assert desk.states() == {"movie": "needs-attention: size-differs"}
    assert "movie.mov has 4 bytes, published with 2000" in desk.item(movie).cause
    assert desk.at() == {}

    desk.outbox.wake("size-differs")
    desk.submit()
    desk.settle()
    assert desk.states() == {"movie": "synced"}
    assert path.stat().st_size == 2000


def test_missing_frame_at_the_destination_is_not_green(desk: Desk) -> None:
    desk.publisher.publish_sequence(desk.version(), range(1, 6))
    arrive(desk)
    (frame,) = desk.studio.hq.rglob("frames.0003.exr")
    frame.unlink()

    desk.settle()

    assert desk.states() == {"frames": "needs-attention: size-differs"}
    assert "frames.0003.exr is missing" in next(desk.outbox.items()).cause


def test_missing_file_at_the_destination_is_not_green(desk: Desk) -> None:
    desk.publish_files("movie", "other")
    arrive(desk)
    (path,) = desk.studio.hq.rglob("movie.mov")
    path.unlink()

    desk.settle()

    assert desk.states() == {"movie": "needs-attention: size-differs", "other": "synced"}


def test_offline_server_keeps_the_item_waiting_until_its_size_can_be_told(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    arrive(desk)
    engine, server = desk.studio.accsyn.engine, desk.studio.demo.hq_server
    engine.client_offline(server.id)

    desk.settle()

    assert desk.states() == {"movie": "transferring: unverified"}
    assert "The server of hq is offline" in desk.item(movie).cause
    assert desk.at() == {}

    engine.client_online(server.id)
    desk.follow(lambda: desk.all_in(State.SYNCED))


def test_size_is_asked_for_at_the_site_that_the_files_went_to(desk: Desk) -> None:
    desk.studio.accsyn.workspace.files_at_sites = True
    desk.studio.demo.workspace.grant(desk.studio.demo.artist, desk.studio.demo.volume)
    desk.publish_files("movie")
    desk.submit(Endpoint("site=london", desk.studio.ids["studio.london"], "studio.london"))
    desk.studio.accsyn.engine.paused = False
    desk.studio.accsyn.engine.wait_idle()
    desk.new_tracker(verify="size")

    desk.settle()

    assert desk.states() == {"movie": "synced"}
    assert desk.at("studio.london") == desk.staged()
    paths = [row.body["data"]["path"] for row in desk.studio.accsyn.log.all() if row.operation == "workspace/file"]
    assert paths == ["site=london:share=projects/show_a/sq010/sh010/plate/v001/movie.mov"]


def test_many_files_are_verified_a_few_calls_at_a_time(desk: Desk) -> None:
    desk.publish_files(*(f"shot{number:02d}" for number in range(14)))
    arrive(desk)
    desk.accsyn_calls()

    desk.step()
    assert desk.accsyn_calls().count("workspace/file") == 6
    desk.step()
    assert desk.accsyn_calls().count("workspace/file") == 6
    desk.follow(lambda: desk.all_in(State.SYNCED))
    assert desk.accsyn_calls().count("workspace/file") == 2
