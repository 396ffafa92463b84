"""What is known about the copies of items before anything of them is freed."""

from __future__ import annotations

import dataclasses
import os
import posixpath
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model.errors import Refused
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Reason, State
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.upkeep.evidence import Collector
from ftrack_accsyn_accessor.upkeep.policy import Evidence
from unit.ftrack.conftest import ftrack, service
from unit.worker.bench import Bench
from unit.worker.conftest import bench

__all__ = ["bench", "ftrack", "service"]  # fixtures of other rooms


def of_synced(bench: Bench, *names: str) -> dict[str, Evidence]:
    items = [bench.item(name) for name in names]
    found = Collector(bench.outbox, bench.area, bench.ftrack.connection).of_synced(items)
    return {item.publication.component_name: found[item.id] for item in items}


def of_withdrawn(bench: Bench, *names: str) -> dict[str, Evidence]:
    items = [bench.item(name) for name in names]
    found = Collector(bench.outbox, bench.area, bench.ftrack.connection).of_withdrawn(items)
    return {item.publication.component_name: found[item.id] for item in items}


def sequence(bench: Bench, name: str = "wide") -> list[str]:
    """Queue a sequence with two frames in ftrack; return the components, its own first."""
    publication = bench.publication(name, Kind.SEQUENCE, count=2)
    bench.queued(publication)
    found = [publication.component_id]
    for file in publication.files:
        found.append(bench.ftrack.component(file.path[-8:], container=publication.component_id))
        bench.ftrack.register(found[-1], bench.ftrack.staging, file.path)
    return found


def test_components_are_those_of_the_item_with_its_members_and_where_they_are(bench: Bench) -> None:
    components = sequence(bench)
    bench.pending("other")
    bench.sent("wide", "other")
    for component in components[:2]:
        bench.ftrack.register(component, bench.ftrack.hq, component)

    found = of_synced(bench, "wide", "other")

    assert found["wide"].components == found["wide"].staged == set(components)
    assert found["wide"].arrived == set(components[:2])
    assert found["wide"].destination_id == bench.ftrack.hq
    assert len(found["wide"].registrations) == 3
    assert found["other"].arrived == set()
    assert found["other"].components == {bench.item("other").publication.component_id}
    assert not found["wide"].registrations & found["other"].registrations


def test_destinations_that_differ_are_asked_after_each_for_its_own_items(bench: Bench) -> None:
    london = bench.ftrack.location(f"London of {bench.ftrack.hq}")
    bench.pending("a", "b")
    bench.sent("a")
    bench.sent("b", destination=bench.hq._replace(party="site=london", location_id=london))
    for name in ("a", "b"):
        component = bench.item(name).publication.component_id
        bench.ftrack.register(component, london, name)

    found = of_synced(bench, "a", "b")

    assert (found["a"].arrived, found["b"].arrived) == (set(), {bench.item("b").publication.component_id})
    assert (found["a"].destination_id, found["b"].destination_id) == (bench.ftrack.hq, london)


def test_item_without_a_location_at_its_destination_has_arrived_nowhere_in_ftrack(bench: Bench) -> None:
    bench.pending("a")
    bench.sent("a", destination=bench.hq._replace(location_id=""))

    found = of_synced(bench, "a")["a"]

    assert (found.destination_id, found.arrived, found.components) == ("", set(), set())


def test_component_that_ftrack_does_not_know_any_more_has_no_components(bench: Bench) -> None:
    (item,) = bench.pending("gone")
    bench.sent("gone")
    bench.ftrack.service.store.delete("Component", item.publication.component_id)

    found = of_synced(bench, "gone")["gone"]

    assert (found.components, found.staged, found.registrations) == (set(), set(), set())


def test_files_that_are_missing_or_not_what_was_published_are_told_apart(bench: Bench) -> None:
    publication = bench.publication("wide", Kind.CONTAINER, count=5)
    item = bench.queued(publication)
    bench.sent("wide")
    same, gone, longer, later, folder = (Path(bench.area.root, *file.path.split("/")) for file in publication.files)
    gone.unlink()
    stamp = longer.stat()
    longer.write_bytes(b"published and more")
    os.utime(longer, ns=(stamp.st_mtime_ns, stamp.st_mtime_ns))
    os.utime(later, ns=(stamp.st_mtime_ns, stamp.st_mtime_ns + 7_000_000_000))
    folder.unlink()
    folder.mkdir()

    found = of_synced(bench, "wide")["wide"]

    paths = [file.path for file in item.publication.files]
    assert same.exists()
    assert found.missing == {paths[1], paths[4]}
    assert found.changed == {paths[2], paths[3]}


@pytest.mark.parametrize(("withdrawn", "shared"), [(False, True), (True, False)])
def test_file_that_an_item_which_stays_needs_as_well_is_shared(bench: Bench, withdrawn: bool, shared: bool) -> None:
    (item,) = bench.pending("a")
    path = item.publication.path
    other = bench.publication("other", resource_identifier=path, files=item.publication.files, registered=False)
    bench.queued(other)
    if withdrawn:
        bench.outbox.withdraw([bench.item("other")], "nobody wants it")
    bench.sent("a")

    assert of_synced(bench, "a")["a"].shared == ({path} if shared else set())


@pytest.mark.parametrize(
    ("folder", "source", "state", "carried"),
    [
        (".", "client=mine", State.PENDING, True),
        ("..", "client=mine", State.NEEDS_ATTENTION, True),
        (".", "site=london", State.PENDING, False),
        ("../else", "client=mine", State.PENDING, False),
        (".", "client=mine", State.WITHDRAWN, False),
    ],
)
def test_file_in_a_folder_that_is_still_to_be_sent_from_here_is_carried(
    bench: Bench, folder: str, source: str, state: State, carried: bool
) -> None:
    (item,) = bench.pending("a")
    bench.sent("a")
    path = item.publication.path
    above = posixpath.normpath(posixpath.join(posixpath.dirname(path), folder))
    asked = dataclasses.replace(
        item.publication, component_id="", component_name="", kind=Kind.FOLDER, path=above, files=()
    )
    ends = {"source": Endpoint(source, "", ""), "destination": bench.hq}
    request = bench.outbox.requests.write(Request(Reason.SYNC, bench.studio, "artist", **ends), [Wanted(asked)])
    items = bench.outbox.requests.items(request)
    if state is State.NEEDS_ATTENTION:
        bench.outbox.needs_attention(items, Refused("send", "it", "no"), None)
    elif state is State.WITHDRAWN:
        bench.outbox.withdraw(items, "nobody wants it")

    found = of_synced(bench, "a")["a"]

    assert found.carried == ({path} if carried else set())
    assert found.shared == set()


def test_file_of_two_items_that_go_together_is_not_shared(bench: Bench) -> None:
    (item,) = bench.pending("a")
    other = bench.publication("b", resource_identifier=item.publication.path, files=item.publication.files)
    bench.queued(other)
    bench.sent("a", "b")

    assert [found.shared for found in of_synced(bench, "a", "b").values()] == [set(), set()]


def test_withdrawn_item_whose_path_ftrack_has_in_this_area_for_a_component_is_claimed(bench: Bench) -> None:
    (mine,) = bench.pending("mine", registered=False)
    bench.pending("free", registered=False)
    rival = bench.ftrack.component("rival")
    bench.ftrack.register(rival, bench.ftrack.staging, mine.publication.resource_identifier)
    bench.ftrack.register(bench.ftrack.component("away"), bench.ftrack.hq, mine.publication.resource_identifier)

    found = of_withdrawn(bench, "mine", "free")

    assert (found["mine"].claimed, found["free"].claimed) == ({rival}, set())


def test_withdrawn_sequence_of_which_ftrack_has_one_file_for_another_component_is_claimed(bench: Bench) -> None:
    publication = bench.publication("wide", Kind.SEQUENCE, count=2, registered=False)
    bench.queued(publication)
    frame = bench.ftrack.component("frame")
    bench.ftrack.register(frame, bench.ftrack.staging, publication.files[1].path)

    assert of_withdrawn(bench, "wide")["wide"].claimed == {frame}


def test_many_items_cost_a_few_requests(bench: Bench) -> None:
    names = [f"c{number}" for number in range(20)]
    bench.pending(*names)
    bench.sent(*names)
    bench.asked()

    of_synced(bench, *names)

    assert len(bench.asked()) <= 3
