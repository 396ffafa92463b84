"""What following costs: accsyn is asked seldom while nothing moves, and not at all when nothing is live."""

from __future__ import annotations

from ftrack_accsyn_accessor.model.item import Kind, Publication, StagedFile, State
from tracking import Desk


def test_thousand_live_items_cost_at_most_one_call_in_five_seconds_while_nothing_moves(desk: Desk) -> None:
    queue(desk, 1000)
    desk.submit()
    for _ in range(10):
        desk.step()
    desk.accsyn_calls()
    begun = desk.monotonic.now

    while desk.monotonic.now - begun < 1200:
        desk.step()

    calls = desk.accsyn_calls()
    assert len(calls) <= (desk.monotonic.now - begun) / 5 + 3, len(calls)
    assert len(calls) > 100  # it does look
    assert desk.all_in(State.SUBMITTED)


def test_nothing_live_costs_no_call_and_asks_for_no_next_step(desk: Desk) -> None:
    desk.publish_files("movie", "bad")
    assert desk.step() is None
    desk.studio.accsyn.engine.fail_path("bad.mov")
    desk.submit()
    desk.studio.accsyn.engine.paused = False
    desk.settle()
    desk.studio.accsyn.workspace.delete_job(desk.job().id)
    desk.settle()
    assert desk.states() == {"movie": "synced", "bad": "needs-attention: job-gone"}
    desk.step()
    desk.accsyn_calls()
    desk.studio.ftrack.log.clear()

    assert [desk.step() for _ in range(10)] == [None] * 10

    assert desk.accsyn_calls() == []
    assert desk.studio.ftrack.log.operations() == []


def test_live_and_finished_jobs_are_asked_for_with_one_call_each(desk: Desk) -> None:
    for project in ("show_a", "show_b"):
        desk.publish_files(project, project=project)
    desk.submit()
    desk.studio.accsyn.workspace.abort_job(desk.studio.accsyn.workspace.jobs()[0].id)
    for _ in range(10):
        desk.step()
    desk.accsyn_calls()

    desk.step()

    assert desk.accsyn_calls() == ["transfer/find", "transfer/find"]


def test_change_after_a_long_quiet_time_is_noticed_within_15_s(desk: Desk) -> None:
    (movie,) = desk.publish_files("movie")
    desk.submit()
    for _ in range(30):
        desk.step()
    desk.set_task(movie, "onhold")
    changed_at = desk.monotonic.now

    looks = 0
    while desk.item(movie).state is State.SUBMITTED:
        before = desk.monotonic.now
        desk.step()
        looks += 1

    assert before - changed_at <= 15.0
    assert looks <= 3


def test_new_items_are_looked_at_soon_after_a_long_quiet_time(desk: Desk) -> None:
    desk.publish_files("old")
    desk.submit()
    for _ in range(30):
        desk.step()
    desk.step()
    (new,) = desk.publish_files("new")
    desk.submit()
    looked_at = desk.monotonic.now

    desk.set_task(new, "onhold")
    desk.follow(lambda: desk.item(new).state is State.NEEDS_ATTENTION)

    assert desk.monotonic.now - looked_at <= 2.0 + 2.0  # the last step has let its own pause pass already


def test_second_change_within_one_second_of_accsyns_clock_is_not_missed(desk: Desk) -> None:
    first, second = desk.publish_files("first", "second")
    desk.submit()
    desk.set_task(first, "onhold")
    desk.step()
    job = desk.studio.accsyn.workspace.job(desk.job().id)
    modified = job.modified
    desk.set_task(second, "onhold")
    job.modified = modified  # as if both had fallen into the same second

    desk.follow(lambda: desk.all_in(State.NEEDS_ATTENTION), steps=3)


def queue(desk: Desk, count: int) -> None:
    """Write *count* items of one small file each, as if they had been published."""
    store = desk.studio.ftrack.store
    publications = []
    for number in range(count):
        path = f"many/{number:04d}.txt"
        component_id = store.create("FileComponent", name=f"{number:04d}")["id"]
        store.create(
            "ComponentLocation",
            component_id=component_id,
            location_id=desk.location["id"],
            resource_identifier=path,
        )
        (desk.studio.staging / "many").mkdir(exist_ok=True)
        (desk.studio.staging / path).write_bytes(b"x")
        stamp = desk.area.stat_file(path)
        publications.append(
            Publication(
                component_id=component_id,
                component_name=f"{number:04d}",
                kind=Kind.FILE,
                resource_identifier=path,
                location_id=desk.location["id"],
                location_name=desk.location["name"],
                server_url=desk.session.server_url,
                username="artist",
                project_id=desk.studio.ids["show_a"],
                project_name="show_a",
                version_id="",
                version_name="",
                files=(StagedFile(path, stamp.size_bytes, stamp.mtime_ns),),
            )
        )
    desk.outbox.prepare(publications, desk.owner.hold())
    desk.outbox.activate([publication.component_id for publication in publications], desk.location["id"])
