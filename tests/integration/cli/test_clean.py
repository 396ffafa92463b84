"""`clean` frees what is proven to be at its destination, and nothing else."""

from __future__ import annotations

import os
import random
import shutil
from typing import Any

import pytest

from cleaning import ALL, APPLY, Told, Work, arrived, now, path_of, registered, staged, state_in, unregister
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.ftrack.availability import deregister
from ftrack_accsyn_accessor.model.errors import StagingGone
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_accessor.upkeep import Policy
from helpers import wait_until
from integration.cli.conftest import Run
from publishing import Publisher

__all__ = ["arrived"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("not registered", "does not have 1 component of it at the destination"),
        ("member not registered", "does not have 1 component of it at the destination"),
        ("no destination location", "no ftrack location stands for its destination"),
        ("changed", "was written to since it was published"),
        ("missing", "its staged files are missing"),
        ("deleted in ftrack", "ftrack does not know it any more"),
        ("shared", "belongs to another component as well"),
        ("staging as destination", "its destination in ftrack is the staging location itself"),
        ("another studio", "belongs to another studio"),
        ("gone at the destination", "movie.mov is missing, published with 2000"),
        ("short at the destination", "movie.mov has 4 bytes, published with 2000"),
        ("frame gone at the destination", "frames.1003.exr is missing"),
    ],
)
def test_component_without_a_complete_proof_stays(
    publisher: Publisher, arrived: dict[str, Any], told: Told, damage: str, reason: str
) -> None:
    name = damaged(publisher, arrived, damage)
    before = staged(publisher)

    found = told(*APPLY)

    stayed = {item["component_id"]: item["stays_because"] for item in found["items"] if item["stays_because"]}
    assert list(stayed) == [arrived[name]["id"]]
    assert reason in stayed[arrived[name]["id"]]
    kept = {file.path for item in publisher.outbox.items() for file in item.publication.files}
    assert staged(publisher) == {path for path in before if path in kept}
    assert [item.publication.component_id for item in publisher.outbox.items() if item.state is State.SYNCED] == [
        arrived[name]["id"]
    ]


def damaged(publisher: Publisher, arrived: dict[str, Any], damage: str) -> str:
    """Take one piece of the proof away; return which component it was."""
    store = publisher.studio.ftrack.store
    destination = store.find("Location", name="studio.hq")[0]["id"]
    movie = publisher.item(arrived["file"])
    path = publisher.studio.staging / movie.publication.resource_identifier
    if damage == "not registered":
        unregister(publisher, arrived["file"]["id"], destination)
    elif damage == "member not registered":
        member = store.find("FileComponent", container_id=arrived["sequence"]["id"])[2]
        unregister(publisher, member["id"], destination)
        return "sequence"
    elif damage == "no destination location":
        with publisher.outbox._connections.writing() as connection:
            connection.execute("UPDATE item SET destination_id = '' WHERE component_id = ?", (arrived["file"]["id"],))
    elif damage == "staging as destination":
        with publisher.outbox._connections.writing() as connection:
            connection.execute(
                "UPDATE item SET destination_id = location_id WHERE component_id = ?", (arrived["file"]["id"],)
            )
    elif damage == "another studio":
        with publisher.outbox._connections.writing() as connection:
            connection.execute("UPDATE item SET workspace = 'b' WHERE component_id = ?", (arrived["file"]["id"],))
    elif damage == "gone at the destination":
        (publisher.studio.hq / movie.publication.path).unlink()
    elif damage == "short at the destination":
        (publisher.studio.hq / movie.publication.path).write_bytes(b"half")
    elif damage == "frame gone at the destination":
        (frame,) = publisher.studio.hq.rglob("frames.1003.exr")
        frame.unlink()
        return "sequence"
    elif damage == "changed":
        os.utime(path, ns=(1, 1))
    elif damage == "missing":
        path.unlink()
    elif damage == "deleted in ftrack":
        for row in store.find("ComponentLocation", component_id=arrived["file"]["id"]):
            store.delete("ComponentLocation", row["id"])
        store.delete("FileComponent", arrived["file"]["id"])
    elif damage == "shared":
        import dataclasses

        other = dataclasses.replace(movie.publication, component_id="other")
        publisher.outbox.prepare([other], "owner")
    return "file"


def test_unplugged_staging_disk_frees_nothing(publisher: Publisher, arrived: dict[str, Any], run: Run) -> None:
    publisher.studio.staging.rename(publisher.studio.root / "unplugged")
    publisher.studio.ftrack.log.clear()

    result = run(*APPLY)

    assert result.exit_code == exit_codes.NOT_SET_UP
    assert publisher.studio.ftrack.log.operations() == []
    assert not publisher.studio.staging.exists()


@pytest.mark.parametrize("instead", ["nothing", "empty folder", "other disk"])
def test_unplugged_disk_of_an_outbox_that_lies_elsewhere_frees_nothing(
    publisher: Publisher, run: Run, instead: str
) -> None:
    publisher.environment(FTRACK_ACCSYN_OUTBOX=str(publisher.studio.root / "outbox"))
    component = publisher.publish_file(publisher.version(publisher.session()))
    folder = publisher.studio.root / "outbox"
    wait_until(lambda: state_in(folder, component) is State.SYNCED, 20, "the arrival")
    publisher.close()
    publisher.studio.staging.rename(publisher.studio.root / "unplugged")
    if instead != "nothing":
        publisher.studio.staging.mkdir()
    if instead == "other disk":
        publisher.studio.staging.rmdir()
        StagingArea(str(publisher.studio.root / "other")).prepare()
        (publisher.studio.root / "other").rename(publisher.studio.staging)
    publisher.studio.ftrack.log.clear()

    result = run(*APPLY)

    assert result.exit_code == exit_codes.FAILED
    assert "vanished, or another one is in its place" in result.stderr
    assert not [name for name in publisher.studio.ftrack.log.operations() if "delete" in name]
    assert state_in(folder, component) is State.SYNCED
    assert len(list((publisher.studio.root / "unplugged").rglob("*.mov"))) == 1


def test_disk_that_vanishes_in_the_middle_stops_everything(publisher: Publisher, arrived: dict[str, Any]) -> None:
    work = Work(publisher)
    candidates = list(work.cleaner.plan(Policy(older_than_s=0.0), now()))
    publisher.studio.staging.rename(publisher.studio.root / "unplugged")

    with pytest.raises(StagingGone):
        work.cleaner.free(candidates[0])

    (publisher.studio.root / "unplugged").rename(publisher.studio.staging)
    assert len(staged(publisher)) == 8
    assert all("staging" in registered(publisher, component) for component in arrived.values())
    work.close()


def test_component_published_anew_after_the_plan_stays(publisher: Publisher, arrived: dict[str, Any]) -> None:
    work = Work(publisher)
    candidates = list(work.cleaner.plan(Policy(older_than_s=0.0), now()))
    publisher.outbox.prepare([publisher.item(arrived["file"]).publication], "owner")
    freed = {
        candidate.item.publication.component_id: work.cleaner.free(candidate).size_bytes for candidate in candidates
    }
    work.close()

    assert freed[arrived["file"]["id"]] == 0
    assert "staging" in registered(publisher, arrived["file"])
    assert staged(publisher) == {publisher.item(arrived["file"]).publication.resource_identifier}


def test_file_written_to_after_the_plan_keeps_its_registration_and_stays(
    publisher: Publisher, arrived: dict[str, Any]
) -> None:
    work = Work(publisher)
    candidates = list(work.cleaner.plan(Policy(older_than_s=0.0), now()))
    path = publisher.studio.staging / path_of(publisher, arrived["file"])
    path.write_bytes(os.urandom(path.stat().st_size))
    content = path.read_bytes()

    freed = {candidate.item.publication.component_id: work.cleaner.free(candidate) for candidate in candidates}
    work.close()

    assert freed[arrived["file"]["id"]] == (
        0,
        f"{path_of(publisher, arrived['file'])} was written to since it was published",
    )
    assert "staging" in registered(publisher, arrived["file"])
    assert path.read_bytes() == content


def test_run_that_was_killed_after_the_registration_went_is_finished_by_the_next(
    publisher: Publisher, arrived: dict[str, Any], told: Told
) -> None:
    work = Work(publisher)
    for candidate in work.cleaner.plan(Policy(older_than_s=0.0), now()):
        deregister(work.connection, candidate.evidence.registrations)
        first = candidate.item.publication.files[0].path
        (publisher.studio.staging / first).unlink()
    work.close()

    found = told(*APPLY)

    assert [item["stays_because"] for item in found["items"]] == ["", "", ""]
    assert staged(publisher) == set()
    assert list(publisher.outbox.items()) == []


def test_registration_that_somebody_else_removed_is_no_hindrance(publisher: Publisher, arrived: dict[str, Any]) -> None:
    work = Work(publisher)
    candidates = list(work.cleaner.plan(Policy(older_than_s=0.0), now()))
    for candidate in candidates:
        publisher.studio.ftrack.store.delete("ComponentLocation", sorted(candidate.evidence.registrations)[0])

    freed = [work.cleaner.free(candidate).size_bytes for candidate in candidates]
    work.close()

    assert all(freed)
    assert staged(publisher) == set()


def test_component_that_ftrack_does_not_let_go_stays_and_stops_no_other(
    publisher: Publisher, arrived: dict[str, Any]
) -> None:
    work = Work(publisher)
    candidates = list(work.cleaner.plan(Policy(older_than_s=0.0), now()))
    refusal = {"exception": "PermissionError", "content": "You may not.", "error_code": "permission"}
    publisher.studio.ftrack.switches.fail_next("delete", status=200, body=refusal, times=2)

    freed = [work.cleaner.free(candidate).size_bytes for candidate in candidates]
    work.close()

    assert freed[0] == 0
    assert all(freed[1:])
    first = candidates[0].item.publication
    assert {file.path for file in first.files} == staged(publisher)
    assert [item.publication.component_id for item in publisher.outbox.items()] == [first.component_id]


def test_accsyn_away_leaves_everything_with_words_and_is_asked_once(
    publisher: Publisher, arrived: dict[str, Any], told: Told
) -> None:
    before = staged(publisher)
    publisher.studio.accsyn.switches.refuse(True)
    publisher.studio.accsyn.log.clear()

    found = told(*APPLY)

    assert found["freed_bytes"] == 0
    assert all("could not tell its size at the destination" in item["stays_because"] for item in found["items"])
    assert staged(publisher) == before
    assert all("staging" in registered(publisher, component) for component in arrived.values())


def test_offline_server_at_the_destination_leaves_everything_with_its_words(
    publisher: Publisher, arrived: dict[str, Any], told: Told
) -> None:
    before = staged(publisher)
    publisher.studio.accsyn.engine.client_offline(publisher.studio.demo.hq_server.id)

    found = told(*APPLY)

    assert {"The server of hq is offline" in item["stays_because"] for item in found["items"]} == {True}
    assert staged(publisher) == before


def test_destination_is_looked_at_once_for_each_file_or_folder_and_only_when_freeing(
    publisher: Publisher, arrived: dict[str, Any], told: Told
) -> None:
    publisher.studio.accsyn.log.clear()
    told(*ALL)
    assert publisher.studio.accsyn.log.operations() == []

    told(*APPLY)

    assert publisher.studio.accsyn.log.operations().count("workspace/file") == 3


def test_outage_of_ftrack_frees_nothing(publisher: Publisher, arrived: dict[str, Any], run: Run) -> None:
    before = staged(publisher)
    publisher.studio.ftrack.switches.refuse(True)

    result = run(*APPLY)

    assert result.exit_code == exit_codes.FAILED
    assert staged(publisher) == before


def test_worker_at_work_is_left_alone(publisher: Publisher, arrived: dict[str, Any], run: Run) -> None:
    publisher.studio.accsyn.engine.paused = True
    component = publisher.publish_file(publisher.version(publisher.session()), "later")
    publisher.submitted(component)
    before = staged(publisher)

    result = run(*APPLY)

    assert result.exit_code == exit_codes.FAILED
    assert "is at work" in result.stderr
    assert staged(publisher) == before
    assert run(*ALL).exit_code == exit_codes.OK


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))])
def test_whatever_is_wrong_nothing_unproven_is_freed(publisher: Publisher, told: Told, seed: int) -> None:
    """Random damage to many components: what is freed has its bytes at head quarters and its place in ftrack."""
    chance = random.Random(seed)
    session = publisher.session()
    version = publisher.version(session)
    components = [publisher.publish_file(version, f"m{number:02d}") for number in range(12)]
    for component in components:
        wait_until(lambda: publisher.item(component).state is State.SYNCED, 30, "the arrival")  # noqa: B023
    publisher.close()
    store = publisher.studio.ftrack.store
    destination = store.find("Location", name="studio.hq")[0]["id"]
    unproven = set()
    for component in components:
        item = publisher.item(component)
        path = publisher.studio.staging / item.publication.resource_identifier
        for damage in chance.sample(["none", "none", "register", "write", "touch", "state"], 2):
            if damage == "register" and store.find(
                "ComponentLocation", component_id=component["id"], location_id=destination
            ):
                unregister(publisher, component["id"], destination)
            elif damage == "write":
                path.write_bytes(os.urandom(chance.randrange(1, 5000)))
            elif damage == "touch":
                os.utime(path, ns=(chance.randrange(10**18), chance.randrange(10**18)))
            elif damage == "state":
                publisher.outbox.control.keep_pins(publisher.outbox.control.pins() | {component["id"]})
            if damage != "none":
                unproven.add(component["id"])
    contents = {component["id"]: (publisher.studio.staging / path_of(publisher, component)) for component in components}
    before = {component_id: path.read_bytes() for component_id, path in contents.items()}
    hq = publisher.hq()
    identifiers = {component["id"]: path_of(publisher, component) for component in components}

    told(*APPLY)

    for component in components:
        component_id = component["id"]
        if contents[component_id].exists():
            assert contents[component_id].read_bytes() == before[component_id]
            assert "staging" in registered(publisher, component)
        else:
            assert component_id not in unproven
            assert hq[identifiers[component_id]] == before[component_id]
            assert "studio.hq" in registered(publisher, component)
    assert {component_id for component_id, path in contents.items() if path.exists()} == unproven


def test_staging_area_stays_usable_after_everything_was_freed(
    publisher: Publisher, arrived: dict[str, Any], run: Run, told: Told
) -> None:
    run(*APPLY)
    shutil.rmtree(publisher.studio.hq)
    publisher.studio.hq.mkdir()

    summary = told("status")["summary"]

    assert (summary["items"], summary["all_arrived"], summary["staging_present"]) == (0, True, True)
