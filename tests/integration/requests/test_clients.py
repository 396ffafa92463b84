"""A machine whose accsyn client was installed anew: what waits for the former goes with the new one, when retried."""

from __future__ import annotations

import pytest

from asking import Asking
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Reason, State, Trouble
from ftrack_accsyn_accessor.model.request import Wanted


def install_anew(desk: Asking) -> Endpoint:
    """Give the machine another client; return it as the end that it is from now on."""
    former = desk.studio.demo.artist_client
    present = desk.studio.demo.add_machine(former.code, desk.studio.staging, host_id=former.host_id)
    return desk.here._replace(party=f"client={present.id}")


def given_up(desk: Asking, request: int) -> bool:
    return [item.cause_kind for item in desk.of(request)] == [Trouble.CLIENT_GONE.value]


@pytest.mark.parametrize("reason", [Reason.GET, Reason.SEND])
def test_what_comes_to_this_machine_goes_to_its_present_client_when_it_is_retried(desk: Asking, reason: Reason) -> None:
    desk.publish_file("published")  # by which the machine's location is known
    desk.finish()
    desk.studio.accsyn.engine.client_offline(desk.studio.demo.artist_client.id)
    plate = desk.file_at(desk.hq, "plate")
    request = desk.ask(desk.hq, desk.here, plate, reason=reason)
    desk.drain()

    present = install_anew(desk)
    desk.run_for(400.0, lambda: given_up(desk, request))

    (item,) = desk.of(request)
    assert given_up(desk, request)
    assert item.destination == present
    desk.outbox.control.retry()
    desk.step()
    desk.drain_all(request)
    assert desk.states(request) == [State.SYNCED]
    assert desk.arrived(desk.here, plate, desk.hq)
    carried = [task for job in desk.studio.accsyn.workspace.jobs() for task in job.tasks if task.status == "done"]
    assert [task.destination for task in carried if task.source.endswith("/plate.mov")] == [present.party]


def test_what_is_sent_from_this_machine_comes_from_its_present_client_when_it_is_retried(desk: Asking) -> None:
    component = desk.publish_file("plate")
    desk.finish()
    desk.studio.accsyn.engine.client_offline(desk.studio.demo.artist_client.id)
    path = desk.published[component].path
    wanted = Wanted(desk.described(desk.here, component, "plate", Kind.FILE, path, [path]))
    from_here = desk.ask(desk.here, desk.london, wanted)
    desk.drain()

    present = install_anew(desk)
    desk.run_for(400.0, lambda: given_up(desk, from_here))

    assert given_up(desk, from_here)
    assert desk.of(from_here)[0].source.party == present.party
    desk.outbox.control.retry()
    desk.step()
    desk.drain_all(from_here)
    assert desk.states(from_here) == [State.SYNCED]
    assert component in desk.registered(desk.london)


def test_what_waits_for_another_machine_is_left_to_it(desk: Asking) -> None:
    other = desk.studio.demo.add_machine("other", desk.studio.staging.parent / "other")
    (desk.studio.staging.parent / "other").mkdir(exist_ok=True)
    elsewhere = Endpoint(f"client={other.id}", desk.place("other.desk"), "other.desk")
    desk.studio.accsyn.engine.client_offline(other.id)
    request = desk.ask(desk.hq, elsewhere, desk.file_at(desk.hq, "plate"))
    desk.drain()

    install_anew(desk)
    desk.run_for(400.0)

    assert desk.states(request) == [State.SUBMITTED]
