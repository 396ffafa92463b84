"""What was asked for goes from where it is to where it is to be, is proven there, and registered."""

from __future__ import annotations

from asking import FOLDER, Asking
from ftrack_accsyn_accessor.model.item import State


def test_a_component_sent_from_head_quarters_to_a_site_is_proven_and_registered_there(desk: Asking) -> None:
    plate = desk.file_at(desk.hq, "plate")

    request = desk.ask(desk.hq, desk.london, plate)
    desk.finish()

    assert desk.states(request) == [State.SYNCED]
    assert desk.arrived(desk.london, plate, desk.hq)
    assert desk.registered(desk.london) == {plate.publication.component_id: f"{FOLDER}/plate.mov"}
    (job,) = desk.studio.accsyn.workspace.jobs()
    (task,) = job.tasks
    assert job.name.startswith("show_a ftrack send studio.hq > london ")
    assert (task.source, task.destination) == (f"share=projects/{FOLDER}/plate.mov", "site=london")
