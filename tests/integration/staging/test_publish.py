"""From a publish in ftrack to the files at head quarters, with the real clients on the real services of the sandbox."""

from __future__ import annotations

import datetime

from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_accessor.model.route import KEY
from ftrack_accsyn_accessor.model.tasks import COMPONENT_ID
from publishing import Publisher


def test_published_components_arrive_at_head_quarters_byte_for_byte(publisher: Publisher) -> None:
    session = publisher.session()
    version = publisher.version(session)
    single = publisher.publish_file(version)
    sequence = publisher.publish_sequence(version, [*range(1001, 1006), 1009, *range(1011, 1013)])
    container = publisher.publish_container(session, version)

    publisher.submitted(single, sequence, container)
    publisher.studio.accsyn.engine.wait_idle(20)

    sources = {path.name: path.read_bytes() for path in publisher.folder.iterdir()}
    arrived = publisher.hq()
    base = "show_a/sq010/sh010/plate/v001"
    assert arrived.pop(f"{base}/main.mov") == sources.pop("main.mov")
    assert arrived.pop(f"{base}/pack/a.txt") == sources.pop("pack_a.txt")
    assert arrived.pop(f"{base}/pack/b.txt") == sources.pop("pack_b.txt")
    assert {name.rpartition("/")[2]: content for name, content in arrived.items()} == sources


def test_tasks_are_one_per_file_one_per_unbroken_range_and_one_per_container_folder(publisher: Publisher) -> None:
    session = publisher.session()
    version = publisher.version(session)
    components = [
        publisher.publish_file(version),
        publisher.publish_sequence(version, [*range(1001, 1006), 1009, *range(1011, 1013)]),
        publisher.publish_container(session, version),
    ]

    publisher.submitted(*components)

    (job,) = publisher.studio.accsyn.workspace.jobs()
    client = publisher.studio.demo.artist_client.id
    base = f"client={client}:share=projects/show_a/sq010/sh010/plate/v001"
    assert [task.source for task in job.tasks] == [
        f"{base}/main.mov",
        f"{base}/frames.%04d.exr[1001-1005]",
        f"{base}/frames.1009.exr",
        f"{base}/frames.%04d.exr[1011-1012]",
        f"{base}/pack",
    ]
    assert {task.destination for task in job.tasks} == {"acme"}
    by_component = {task.metadata[COMPONENT_ID] for task in job.tasks}
    assert by_component == {component["id"] for component in components}


def test_job_has_the_name_queue_settings_and_metadata_that_the_design_fixes(publisher: Publisher) -> None:
    session = publisher.session()
    component = publisher.publish_file(publisher.version(session))

    publisher.submitted(component)

    (job,) = publisher.studio.accsyn.workspace.jobs()
    location = session.pick_location()
    assert job.name == f"show_a ftrack upload {location['name']} > studio.hq {datetime.date.today().isoformat()}"
    assert job.queue == "show_a"
    assert job.mirrored
    assert job.settings == {"integration": "ftrack"}
    assert job.source == f"client:{publisher.studio.demo.artist_client.id}"
    destination = publisher.studio.ftrack.store.find("Location", name="studio.hq")[0]
    metadata = dict(job.metadata)
    assert metadata.pop(KEY)
    assert metadata == {
        "ftrack_workspace": publisher.studio.ftrack.url,
        "ftrack_user": "artist",
        "ftrack_project_id": component["version"]["link"][0]["id"],
        "ftrack_project_name": "show_a",
        "ftrack_source_location_id": location["id"],
        "ftrack_source_location_name": location["name"],
        "ftrack_destination_location_id": destination["id"],
        "ftrack_destination_location_name": "studio.hq",
    }


def test_second_publish_on_the_same_day_adds_to_the_same_job_and_another_project_gets_its_own(
    publisher: Publisher,
) -> None:
    session = publisher.session()
    version = publisher.version(session)
    publisher.submitted(publisher.publish_file(version, "first"))
    publisher.submitted(publisher.publish_file(version, "second"))
    publisher.submitted(publisher.publish_file(publisher.version(session, "show_b"), "third"))

    first, second = sorted(publisher.studio.accsyn.workspace.jobs(), key=lambda job: job.name)

    assert [task.source.rpartition("/")[2] for task in first.tasks] == ["first.mov", "second.mov"]
    assert [task.source.rpartition("/")[2] for task in second.tasks] == ["third.mov"]
    assert second.name.startswith("show_b ftrack upload ")
    # No queue bears the project's name: the workspace's default is for accsyn to choose.
    assert second.queue == "Medium"


def test_long_sequence_costs_one_task_and_at_most_eight_accsyn_calls(publisher: Publisher) -> None:
    version = publisher.version(publisher.session())
    sequence = publisher.publish_sequence(version, range(1, 201))

    publisher.submitted(sequence)

    (job,) = publisher.studio.accsyn.workspace.jobs()
    assert len(job.tasks) == 1
    submission = publisher.studio.accsyn.log.operations()
    submission = submission[: submission.index("transfer/create") + 1]
    assert len(submission) <= 8, submission


def test_burst_of_publishes_becomes_one_job_creation(publisher: Publisher) -> None:
    session = publisher.session()
    version = publisher.version(session)
    components = [publisher.publish_file(version, f"shot{number:02d}") for number in range(20)]

    publisher.submitted(*components)

    assert publisher.studio.accsyn.log.count("transfer/create") == 1
    # On a slow disk a burst lasts longer than a batch is held back for: it goes in a few parts then, not one by one.
    assert publisher.studio.accsyn.log.count("task/create") <= 4
    (job,) = publisher.studio.accsyn.workspace.jobs()
    assert len(job.tasks) == 20


def test_single_file_costs_one_ftrack_call_less_than_in_a_plain_location(publisher: Publisher) -> None:
    version = publisher.version(publisher.session())
    publisher.publish_file(version, "warm")
    publisher.studio.ftrack.log.clear()

    publisher.publish_file(version, "counted")

    assert publisher.studio.ftrack.log.operations() == [
        "query:Location",
        "create:FileComponent,create:ComponentLocation",
    ]


def test_component_removed_before_it_was_sent_is_not_sent(publisher: Publisher) -> None:
    publisher.studio.accsyn.switches.refuse(True)
    session = publisher.session()
    location = session.pick_location()
    component = publisher.publish_file(publisher.version(session))
    publisher.waiting(component, "unreachable")

    location.remove_component(component)

    assert list(publisher.outbox.items()) == []


def test_component_published_again_after_its_removal_starts_over(publisher: Publisher) -> None:
    session = publisher.session()
    location = session.pick_location()
    component = publisher.publish_file(publisher.version(session))
    publisher.submitted(component)
    publisher.studio.accsyn.engine.wait_idle(20)
    first = publisher.item(component).created_at
    location.remove_component(component)
    publisher.file("main.mov", 3000)

    location.add_component(component, session.get("Location", "ce9b348f-8809-11e3-821c-20c9d081909b"))

    item = publisher.item(component)
    assert item.created_at > first
    assert item.state in (State.PENDING, State.SUBMITTED)
    publisher.submitted(component)
    publisher.studio.accsyn.engine.wait_idle(20)
    (job,) = publisher.studio.accsyn.workspace.jobs()
    assert len(job.tasks) == 1
    assert [len(content) for content in publisher.hq().values()] == [3000]


def test_container_folder_with_a_strange_file_in_it_travels_file_by_file(publisher: Publisher) -> None:
    session = publisher.session()
    version = publisher.version(session)
    folder = publisher.studio.staging / "show_a/sq010/sh010/plate/v001/pack"
    folder.mkdir(parents=True)
    (folder / "strange.txt").write_text("not ours")

    container = publisher.publish_container(session, version)
    publisher.submitted(container)
    publisher.studio.accsyn.engine.wait_idle(20)

    assert [name.rpartition("/")[2] for name in publisher.hq()] == ["a.txt", "b.txt"]


def test_custom_structure_is_kept(publisher: Publisher) -> None:
    import ftrack_api.structure.id

    session = publisher.session()
    location = session.pick_location()
    structure = ftrack_api.structure.id.IdStructure()
    location.structure = structure
    session.event_hub.publish(
        ftrack_api.event.base.Event("ftrack.api.session.configure-location", {"session": session}), synchronous=True
    )
    component = publisher.publish_file(publisher.version(session))

    publisher.submitted(component)
    publisher.studio.accsyn.engine.wait_idle(20)

    assert location.structure is structure
    (name,) = publisher.hq()
    assert name.replace("/", "").startswith(component["id"].replace("-", "")[:4]) or component["id"] in name.replace(
        "/", "-"
    )
