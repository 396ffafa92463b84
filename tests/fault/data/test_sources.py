"""Sources that are still being written to, and names that accsyn never sends: told at publish, not sent as they are."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import ftrack_api.data
import pytest
from ftrack_api.accessor.disk import DiskAccessor
from ftrack_api.structure.standard import StandardStructure
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from ftrack_accsyn_accessor.model.item import State, Trouble
from tracking import Desk as Machine

CHANGED = {"main": f"needs-attention: {Trouble.SOURCE_CHANGED.value}"}


class WrittenTo(DiskAccessor):  # type: ignore[misc]  # ftrack_api is untyped
    """A disk on which a renderer goes on writing to each file that somebody reads."""

    def __init__(self, prefix: str = "", more: bytes = b"more") -> None:
        super().__init__(prefix)
        self.more = more

    def open(self, resource_identifier: str, mode: str = "rb") -> Any:
        path = self.get_filesystem_path(resource_identifier)
        data = super().open(resource_identifier, mode)
        if self.more:
            with open(path, "ab") as file:
                file.write(self.more)
        else:
            os.utime(path, ns=(0, 0))
        return data


class WritesTimesLate(DiskAccessor):  # type: ignore[misc]  # ftrack_api is untyped
    """A disk that rounds the time of a file down to even seconds when it writes it down, which is after a while."""

    def open(self, resource_identifier: str, mode: str = "rb") -> Any:
        path = self.get_filesystem_path(resource_identifier)
        data = super().open(resource_identifier, mode)
        written_ns = os.stat(path).st_mtime_ns
        os.utime(path, ns=(written_ns, written_ns // 2_000_000_000 * 2_000_000_000))
        return data


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    name = "ftrack_accsyn_accessor.staging"
    return [record.getMessage() for record in caplog.records if record.name.startswith(name)]


def growing(machine: Machine, more: bytes = b"more") -> None:
    machine.session.get("Location", ORIGIN_LOCATION_ID).accessor = WrittenTo(more=more)


# Growing.


def test_source_that_grows_while_it_is_copied_needs_attention_and_is_not_sent(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    growing(machine)

    component = machine.publisher.publish_file(machine.version())

    assert machine.states() == CHANGED
    (told,) = warnings(caplog)
    assert "main.mov had 2000 bytes before it was copied and 2004 after" in told
    assert "Publish it again once it is complete" in told
    assert machine.item(component).cause in told
    machine.submit()
    assert machine.studio.accsyn.workspace.jobs() == []


def test_it_is_sent_as_it_is_staged_when_somebody_retries_it(machine: Machine) -> None:
    growing(machine)
    machine.publisher.publish_file(machine.version())

    machine.outbox.control.retry()
    machine.submit()
    machine.settle()

    assert machine.states() == {"main": "synced"}
    assert [len(content) for content in machine.publisher.hq().values()] == [2004]


def test_source_of_the_same_size_that_is_written_to_meanwhile_needs_attention(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    growing(machine, more=b"")

    machine.publisher.publish_file(machine.version())

    assert machine.states() == CHANGED
    assert "main.mov was written to while it was copied" in warnings(caplog)[0]


def test_source_whose_time_is_only_rounded_down_meanwhile_is_no_doubt(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.session.get("Location", ORIGIN_LOCATION_ID).accessor = WritesTimesLate("")

    machine.publisher.publish_file(machine.version())

    assert machine.states() == {"main": "pending"}
    assert warnings(caplog) == []


def test_source_that_has_grown_since_its_component_was_created_needs_attention(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    path = machine.publisher.file("main.mov", 1000)
    component = machine.version().create_component(str(path), {"name": "main"}, location=None)
    with path.open("ab") as file:
        file.write(bytes(500))

    machine.location.add_component(component, machine.session.get("Location", ORIGIN_LOCATION_ID))

    assert machine.states() == CHANGED
    assert "main.mov is staged with 1500 bytes, its component was created with 1000" in warnings(caplog)[0]


@pytest.mark.parametrize("kind", ["sequence", "container"])
def test_each_member_counts_and_the_publish_succeeds(
    machine: Machine, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    growing(machine)
    version = machine.version()

    if kind == "sequence":
        component = machine.publisher.publish_sequence(version, range(1, 6), "main")
    else:
        component = machine.publisher.publish_container(machine.session, version, "main", "abcde")

    assert machine.states() == CHANGED
    assert machine.item(component).file_count == 5
    (told,) = warnings(caplog)
    assert "and 2 more" in told


def test_disk_location_as_source_is_looked_at_without_another_question_to_ftrack(
    machine: Machine, tmp_path: Path
) -> None:
    components, counts = [], []
    for name, accessor in (("still", DiskAccessor(str(tmp_path))), ("main", WrittenTo(str(tmp_path)))):
        source = machine.session.create("Location", {"name": f"disk {name}"})
        machine.session.commit()
        source.accessor, source.structure = DiskAccessor(str(tmp_path)), StandardStructure()
        path = str(machine.publisher.file(f"{name}.mov"))
        components.append(machine.version().create_component(path, {"name": name}, location=source))
        source.accessor = accessor
        machine.studio.ftrack.log.clear()
        machine.location.add_component(components[-1], source)
        counts.append(machine.studio.ftrack.log.operations())
    assert machine.states() == {"still": "pending", **CHANGED}
    assert counts[0] == counts[1]
    assert counts[0].count("query:ComponentLocation") == 3  # two of them are ftrack_api's for the source's identifier


def test_source_of_no_disk_is_staged_without_a_doubt(machine: Machine) -> None:
    class Memory(ftrack_api.accessor.base.Accessor):  # type: ignore[misc]
        """Holds one file for all."""

        def open(self, resource_identifier: str, mode: str = "rb") -> Any:
            return ftrack_api.data.String(b"x" * 2000)

        list = exists = is_file = is_container = is_sequence = remove = make_container = get_container = None

    machine.session.get("Location", ORIGIN_LOCATION_ID).accessor = Memory()
    machine.publisher.publish_file(machine.version())
    assert machine.states() == {"main": "pending"}


@pytest.mark.parametrize("size", [None, 0])
def test_size_that_is_not_known_is_none_to_compare_with(machine: Machine, size: object) -> None:
    path = str(machine.publisher.file())
    machine.version().create_component(path, {"name": "main", "size": size}, location="auto")
    assert machine.states() == {"main": "pending"}


def test_sequence_that_was_given_one_size_for_all_frames_is_taken_as_a_whole(machine: Machine) -> None:
    folder, frames = machine.publisher.folder, {1: 100, 2: 201, 3: 305}
    for frame, size_bytes in frames.items():
        machine.publisher.file(f"main.{frame:04d}.exr", size_bytes)
    data = {"name": "main", "size": sum(frames.values())}
    machine.version().create_component(f"{folder}/main.%04d.exr [1-3]", data, location="auto")
    assert machine.states() == {"main": "pending"}


def test_new_content_of_another_size_is_no_doubt(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    component = machine.publisher.publish_file(machine.version())
    machine.submit()
    machine.settle()
    machine.location.remove_component(component)
    machine.publisher.file("main.mov", 3000)

    machine.location.add_component(component, machine.session.get("Location", ORIGIN_LOCATION_ID))

    assert machine.item(component).state is State.PENDING
    assert warnings(caplog) == []


# Never sent.


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "plate.asc_tmp"])
def test_name_that_accsyn_never_sends_is_told_at_publish(
    machine: Machine, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    path = machine.publisher.file(name)

    component = machine.version().create_component(str(path), {"name": path.stem}, location="auto")

    item = machine.item(component)
    assert (item.state, item.cause_kind) == (State.NEEDS_ATTENTION, Trouble.NEVER_SENT.value)
    (told,) = warnings(caplog)
    assert f"accsyn passes over files of this name: {name.lower()}" in told
    assert "Publish it under another name" in told
    machine.submit()
    assert machine.studio.accsyn.workspace.jobs() == []


def test_container_that_holds_such_a_name_is_told_at_publish_and_never_green(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    container = machine.session.create("ContainerComponent", {"name": "pack", "version": machine.version()})
    for name in ("a.txt", "Thumbs.db"):
        path, data = machine.publisher.file(name), {"name": Path(name).stem, "container": container}
        container["members"].append(machine.session.create_component(str(path), data, location=None))
    machine.session.commit()

    machine.location.add_component(container, machine.session.get("Location", ORIGIN_LOCATION_ID))

    assert machine.states() == {"pack": f"needs-attention: {Trouble.NEVER_SENT.value}"}
    assert "thumbs.db" in warnings(caplog)[0]
    machine.outbox.control.retry()
    machine.submit()
    assert machine.states() == {"pack": f"needs-attention: {Trouble.NEVER_SENT.value}"}
    assert machine.publisher.hq() == {}


def test_source_and_name_are_both_told_and_the_name_stays(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    growing(machine)
    path = machine.publisher.file("Thumbs.db")

    component = machine.version().create_component(str(path), {"name": "Thumbs"}, location="auto")

    assert machine.item(component).cause_kind == Trouble.NEVER_SENT.value
    assert len(warnings(caplog)) == 2
    assert all(record.levelno == logging.WARNING for record in caplog.records if "Thumbs" in record.getMessage())
