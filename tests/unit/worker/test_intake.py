"""What a publish could not queue is taken in later: once, as it was published, and only what ftrack really has."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Publication, State
from ftrack_accsyn_accessor.outbox import unqueued
from ftrack_accsyn_accessor.outbox.unqueued import Unqueued
from ftrack_accsyn_accessor.worker.intake import AGAIN_S, CONFIRMED_WITHIN_S, LONGEST_AGAIN_S, Intake
from unit.worker.bench import Bench


@pytest.fixture
def intake(bench: Bench) -> Intake:
    return Intake(
        bench.outbox,
        bench.area,
        lambda: bench.registrations,
        lambda: bench.studio.server_url,
        bench.clock,
        bench.monotonic,
    )


def keep(bench: Bench, *publications: Publication, **changes: Any) -> Unqueued:
    """Keep publications beside the outbox as a publish does that cannot write into it."""
    bench.outbox.open()
    values: dict[str, Any] = {
        "id": unqueued.new_id(),
        "at": bench.clock.now,
        "words": "the disk is full",
        "server_url": bench.studio.server_url,
        "username": "artist",
        "location_id": bench.ftrack.staging,
        "location_name": "artist.desk",
        "workspace": "acme",
        "publications": publications,
        "registered": True,
    }
    made = Unqueued(**{**values, **changes})
    assert unqueued.keep(bench.outbox.path, made)
    return made


def waiting(bench: Bench) -> int:
    return len(unqueued.ids(bench.outbox.path))


def test_nothing_kept_is_nothing_to_take_in(intake: Intake) -> None:
    assert not intake.waiting()


def test_registered_publication_is_taken_in_as_it_was_without_asking_ftrack(bench: Bench, intake: Intake) -> None:
    publication = bench.publication("a")
    keep(bench, publication)
    bench.asked()
    assert intake.waiting()

    intake.step()

    assert bench.states() == {"a": "pending"}
    assert bench.item("a").publication == publication
    assert (waiting(bench), intake.waiting(), bench.asked()) == (0, False, [])


@pytest.mark.parametrize(("registered", "states"), [(True, {"a": "pending"}), (False, {})])
def test_publication_that_was_not_confirmed_is_taken_in_when_ftrack_has_it(
    bench: Bench, intake: Intake, registered: bool, states: dict[str, str]
) -> None:
    keep(bench, bench.publication("a", registered=registered), registered=False)

    intake.step()

    assert bench.states() == states
    assert waiting(bench) == (0 if registered else 1)  # it may be registered yet


@pytest.mark.parametrize(("passed_s", "left"), [(CONFIRMED_WITHIN_S, 1), (CONFIRMED_WITHIN_S + 1.0, 0), (-1.0, 0)])
def test_publication_that_ftrack_never_got_counts_as_failed_after_a_while(
    bench: Bench, intake: Intake, passed_s: float, left: int
) -> None:
    keep(bench, bench.publication("a", registered=False), registered=False)
    bench.clock.now += passed_s

    intake.step()

    assert (waiting(bench), bench.states()) == (left, {})


def test_publication_of_another_ftrack_waits_for_those_who_can_ask_there(bench: Bench, intake: Intake) -> None:
    keep(bench, bench.publication("a"), registered=False, server_url="https://another.test")
    bench.clock.now += 10 * CONFIRMED_WITHIN_S

    intake.step()

    assert (waiting(bench), bench.states()) == (1, {})


def test_component_of_which_only_the_id_is_known_is_read_from_ftrack_and_the_disk(bench: Bench, intake: Intake) -> None:
    component = bench.ftrack.component("main", version=bench.ftrack.version("admin"))
    path = f"{bench.ftrack.folder}/main.mov"
    file = bench.stage(path)
    bench.ftrack.register(component, bench.ftrack.staging, path)
    keep(bench, component_ids=(component,), username="who published it", volume="shows")

    intake.step()

    publication = bench.item("main").publication
    assert (publication.component_id, publication.files[0].path) == (component, file.path)
    assert (publication.username, publication.workspace, publication.volume) == ("who published it", "acme", "shows")
    assert waiting(bench) == 0


def test_component_whose_files_are_not_there_is_said_and_looked_for_again(
    bench: Bench, intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    component = bench.ftrack.component("main", version=bench.ftrack.version())
    path = f"{bench.ftrack.folder}/main.mov"
    bench.ftrack.register(component, bench.ftrack.staging, path)
    keep(bench, component_ids=(component,))

    intake.step()
    assert (waiting(bench), bench.states()) == (1, {})
    assert f"files are not found: {path}" in caplog.text

    bench.stage(path)
    intake.step()
    assert (waiting(bench), bench.states()) == (0, {"main": "pending"})


def test_publication_that_was_published_again_since_is_not_taken_in_over_it(bench: Bench, intake: Intake) -> None:
    publication = bench.publication("a")
    keep(bench, publication)
    bench.clock.now += 1.0
    newer = dataclasses.replace(publication, files=(bench.stage(publication.path, b"newer content"),))
    bench.queued(newer)

    intake.step()

    assert bench.item("a").publication == newer
    assert waiting(bench) == 0


def test_publication_that_is_newer_than_the_outbox_replaces_what_is_there(bench: Bench, intake: Intake) -> None:
    publication = bench.publication("a")
    bench.queued(publication)
    bench.clock.now += 1.0
    newer = dataclasses.replace(publication, files=(bench.stage(publication.path, b"newer content"),))
    keep(bench, newer)

    intake.step()

    assert bench.item("a").publication.size_bytes == len(b"newer content")
    assert waiting(bench) == 0


def test_withdrawn_item_keeps_nothing_from_being_taken_in(bench: Bench, intake: Intake) -> None:
    publication = bench.publication("a")
    kept = keep(bench, publication)
    bench.clock.now += 1.0
    bench.queued(publication)
    bench.outbox.withdraw([bench.item("a")], "nobody wants it")

    intake.step()

    assert kept.id not in unqueued.ids(bench.outbox.path)
    assert bench.item("a").state is not State.WITHDRAWN


def test_same_component_of_another_location_keeps_nothing_from_being_taken_in(bench: Bench, intake: Intake) -> None:
    publication = bench.publication("a")
    bench.queued(dataclasses.replace(publication, location_id="another", component_name="elsewhere"))
    keep(bench, publication)

    intake.step()

    assert bench.states() == {"elsewhere": "pending", "a": "pending"}


def test_file_that_cannot_be_read_is_said_and_stops_no_other(
    bench: Bench, intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    broken = keep(bench, bench.publication("broken"))
    (path,) = Path(bench.outbox.path).parent.rglob(f"*{broken.id}.json")
    path.write_text("{")
    keep(bench, bench.publication("a"))

    intake.step()

    assert bench.states() == {"a": "pending"}
    assert waiting(bench) == 1
    assert str(path) in caplog.text


def test_ftrack_that_is_away_keeps_what_needs_it_and_nothing_else(bench: Bench, intake: Intake) -> None:
    keep(bench, bench.publication("asked"), registered=False)
    keep(bench, bench.publication("known"))
    bench.ftrack.service.switches.fail_next("query", status=503)

    intake.step()

    assert (waiting(bench), bench.states()) == (1, {"known": "pending"})


def test_what_stays_is_looked_at_more_and_more_rarely_and_something_new_at_once(bench: Bench, intake: Intake) -> None:
    keep(bench, bench.publication("a"), registered=False, server_url="https://another.test")
    pauses: list[float] = []
    while len(pauses) < 8:
        assert intake.waiting()
        intake.step()
        before = bench.monotonic.now
        while not intake.waiting():
            bench.monotonic.now += 1.0
        pauses.append(bench.monotonic.now - before)

    assert pauses == [min(AGAIN_S * 2.0**number, LONGEST_AGAIN_S) for number in range(8)]
    intake.step()
    assert not intake.waiting()
    keep(bench, bench.publication("b"))
    assert intake.waiting()


def test_content_that_a_coarse_clock_could_mix_up_is_set_apart(bench: Bench, intake: Intake) -> None:
    publication = bench.publication("a")
    bench.queued(publication)
    bench.clock.now += 1.0
    full = Path(bench.area.root, *publication.path.split("/"))
    full.write_bytes(b"published")  # same size, same time, newer content
    stamp = publication.files[0]
    os.utime(full, ns=(stamp.mtime_ns, stamp.mtime_ns))
    keep(bench, publication)

    intake.step()

    assert bench.item("a").publication.files[0].mtime_ns != stamp.mtime_ns
    assert full.stat().st_mtime_ns == bench.item("a").publication.files[0].mtime_ns


@pytest.mark.parametrize("ended", ["forgotten", "freed"])
def test_publication_that_was_let_go_since_is_not_taken_in_again_with_what_is_left_of_its_publish(
    bench: Bench, intake: Intake, ended: str
) -> None:
    missing = bench.ftrack.component("missing", version=bench.ftrack.version("admin"))
    bench.ftrack.register(missing, bench.ftrack.staging, f"{bench.ftrack.folder}/missing.mov")
    keep(bench, bench.publication("a"), component_ids=(missing,))
    intake.step()
    assert (bench.states(), waiting(bench)) == ({"a": "pending"}, 1)
    bench.pass_by(AGAIN_S)
    if ended == "forgotten":
        bench.outbox.needs_attention([bench.item("a")], errors.Refused("add tasks", "the job", "no"), None)
        bench.outbox.past.forget([bench.item("a").id], "artist")
    else:
        bench.sent("a")
        bench.outbox.tracking.synced([bench.item("a")])
        assert bench.outbox.past.freed(bench.item("a"))

    intake.step()

    assert (bench.states(), waiting(bench)) == ({}, 1)
