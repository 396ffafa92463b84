"""From a shot that was picked to a request in the outbox."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.errors import NotReady, Unresolved
from ftrack_accsyn_accessor.model.item import Endpoint, Kind, Reason, State
from ftrack_accsyn_accessor.model.plan import Fate, Obstacle, Sum
from ftrack_accsyn_accessor.model.tasks import source_paths
from ftrack_accsyn_accessor.outbox.tracking import Change
from ftrack_accsyn_accessor.send.asking import Requester, confirm
from making import publication, route
from sending import Sender, ids_of, only


def called(sender: Sender, context_id: str) -> str:
    (path,) = [path for path, each in sender.ids.items() if each == context_id]
    return path.rpartition("/")[2]


def test_a_shot_goes_to_london_but_for_what_is_there(sender: Sender) -> None:
    shot = sender.shot()
    version = sender.version(sender.asset(shot))
    goes = sender.component(version, "show_a/x/new.mov", size=70)
    there = sender.component(version, name="old", at=("studio.hq", "studio.london"))
    found = sender.plan(("task", shot))
    assert ids_of(found, Fate.GOES) == {goes}
    assert ids_of(found, Fate.THERE) == {there}
    assert found.sum(Fate.GOES) == Sum(1, 1, 70)
    assert (found.source.location_name, found.destination.party) == ("studio.hq", "site=london")
    publication = found.going[0].publication
    assert (publication.volume, publication.path) == ("projects", "show_a/x/new.mov")
    assert (publication.project_id, publication.project_name) == (sender.ids["show_a"], "show_a")
    assert (publication.context, publication.version_name) == (f"sq010/{called(sender, shot)}", "plate v001")


def test_a_confirmed_plan_is_one_request_however_often_it_is_confirmed(sender: Sender) -> None:
    shot = sender.shot()
    version = sender.version(sender.asset(shot))
    component = sender.component(version, size=70)
    order = sender.order(("assetversion", version))
    plans = sender.planner().plan(order)
    (request_id,) = confirm(sender.outbox, order, plans, Requester("ada", "u1"), "token")
    assert confirm(sender.outbox, order, plans, Requester("ada", "u1"), "token") == [request_id]
    standing = sender.outbox.requests.standing(request_id)
    assert standing is not None
    assert standing.request.username == "ada"
    assert standing.request.words == f"show_a sq010/{called(sender, shot)} plate v001 main"
    assert (standing.counts, standing.size_bytes) == ({State.PENDING: 1}, 70)
    (item,) = sender.outbox.requests.items(request_id)
    assert item.publication.component_id == component
    assert item.publication.username == "ada"
    assert item.destination == Endpoint("site=london", sender.ids["studio.london"], "studio.london")


def test_a_request_is_called_what_its_items_have_in_common(sender: Sender) -> None:
    shot = sender.shot()
    plate, comp = (sender.version(sender.asset(shot, name)) for name in ("plate", "comp"))
    for version in (plate, plate, comp):
        sender.component(version)
    name, words = called(sender, shot), []
    for picked in (("assetversion", plate), ("task", shot)):
        order = sender.order(picked)
        plans = sender.planner().plan(order)
        (request_id,) = confirm(sender.outbox, order, plans[:1], Requester("ada", "u1"), f"token {len(words)}")
        standing = sender.outbox.requests.standing(request_id)
        words.append(standing.request.words if standing is not None else "")
        sender.outbox.requests.cancel(request_id)
    assert words == [f"show_a sq010/{name} plate v001 main, 2 items", f"show_a sq010/{name}, 3 items"]


def test_what_was_confirmed_is_on_its_way(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    component = sender.component(version)
    order = sender.order(("assetversion", version))
    confirm(sender.outbox, order, sender.planner().plan(order), Requester("ada"), "another")
    found = sender.plan(("assetversion", version))
    assert ids_of(found, Fate.ON_ITS_WAY) == {component}
    assert "A Send of ada" in found.planned[0].cause


def test_what_was_confirmed_and_needs_attention_is_told_as_that_until_it_is_cancelled(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    component = sender.component(version)
    order = sender.order(("assetversion", version))
    (planned,) = sender.planner().plan(order)
    (number,) = confirm(sender.outbox, order, [planned], Requester("ada"), "stuck one")
    ends = {"location_id": planned.source.location_id, "destination": planned.destination}
    job = sender.outbox.job(route(studio=planned.studio, **ends))
    sender.outbox.submitted(sender.outbox.requests.items(number), sender.outbox.job_found(job, "e" * 24))
    items = sender.outbox.requests.items(number)
    sender.outbox.needs_attention(items, NotReady("start", "", "the share is away"), None)
    found = sender.plan(("assetversion", version))
    assert (only(found).fate, only(found).obstacle) == (Fate.CANNOT, Obstacle.STUCK)
    assert f"needs attention in request {number}: Could not start: the share is away. Retry it" in only(found).cause
    sender.outbox.requests.cancel(number)
    assert ids_of(sender.plan(("assetversion", version)), Fate.GOES) == {component}


def test_the_frames_of_a_sequence_go_as_its_files_with_holes(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    sequence = sender.sequence(version, [1001, 1002, 1005], "show_a/seq")
    found = sender.plan(("assetversion", version))
    assert found.sum(Fate.GOES) == Sum(1, 3, 30)
    publication = found.going[0].publication
    assert (publication.component_id, publication.kind) == (sequence, Kind.SEQUENCE)
    assert publication.path == "show_a/seq/f.%04d.exr"
    assert [file.path for file in publication.files] == [f"show_a/seq/f.{frame}.exr" for frame in (1001, 1002, 1005)]
    assert source_paths(publication) == ["show_a/seq/f.%04d.exr[1001-1002]", "show_a/seq/f.1005.exr"]


def test_a_sequence_is_there_only_with_all_of_its_frames(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    whole = sender.sequence(version, [1, 2], at=("studio.hq", "studio.london"))
    more = sender.sequence(version, [1, 2], at=("studio.hq", "studio.london"))
    sender.member(more, f"show_a/{more}/f.0003.exr", name="3")
    found = sender.plan(("assetversion", version))
    assert ids_of(found, Fate.THERE) == {whole}
    assert ids_of(found, Fate.GOES) == {more}
    assert found.sum(Fate.GOES).files == 3


def test_a_container_goes_with_the_sequences_in_it(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    pack = sender.container(version, ["show_a/pack/readme.txt"], path="show_a/pack")
    inner = sender.store.create("ContainerComponent", name="in", container_id=pack)["id"]
    sender.register(inner, "show_a/pack/in", ("studio.hq",))
    deep = sender.store.create("SequenceComponent", name="s", padding=4, container_id=inner)["id"]
    sender.register(deep, "show_a/pack/in/f.%04d.exr", ("studio.hq",))
    sender.member(deep, "show_a/pack/in/f.0001.exr", name="1")
    publication = sender.plan(("assetversion", version)).going[0].publication
    assert (publication.kind, publication.path) == (Kind.CONTAINER, "show_a/pack")
    assert [file.path for file in publication.files] == ["show_a/pack/in/f.0001.exr", "show_a/pack/readme.txt"]


def test_what_cannot_go_names_why(sender: Sender) -> None:
    asset = sender.asset(sender.shot())
    version, rival = sender.version(asset), sender.version(sender.asset(sender.shot()), 7)
    expected = {
        sender.component(version, "../outside.mov", "outside"): Obstacle.NO_PATH,
        sender.component(version, "/elsewhere/x.mov", "elsewhere"): Obstacle.NO_PATH,
        sender.component(version, name="lost", at=()): Obstacle.NOT_AT_SOURCE,
        sender.sequence(version, []): Obstacle.EMPTY,
        sender.component(version, "show_a/taken/A.mov", "taken"): Obstacle.CONFLICT,
        sender.component(version, "show_a/x/Thumbs.db", "thumbs"): Obstacle.NEVER_SENT,
    }
    other = sender.component(rival, "show_a/taken/A.mov", at=("studio.london",))
    found = sender.plan(("assetversion", version))
    told = {each.wanted.publication.component_id: each for each in found.of(Fate.CANNOT)}
    assert {component_id: each.obstacle for component_id, each in told.items()} == expected
    causes = {each.obstacle: each.cause for each in told.values()}
    assert f"plate v007 main ({other})" in causes[Obstacle.CONFLICT]
    assert "studio.hq" in causes[Obstacle.NOT_AT_SOURCE]
    assert "Thumbs.db" in causes[Obstacle.NEVER_SENT]
    assert found.sum(Fate.CANNOT).items == len(expected)


def test_a_frame_that_another_component_has_at_the_destination_is_a_conflict(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    sender.sequence(version, [1, 2], "show_a/frames")
    sender.component(sender.version(sender.asset(sender.shot())), "show_a/frames/f.0001.exr", at=("studio.london",))
    assert only(sender.plan(("assetversion", version))).obstacle is Obstacle.CONFLICT


def test_a_sequence_under_another_spelling_is_known_by_its_first_frame(sender: Sender) -> None:
    version, other = (sender.version(sender.asset(sender.shot())) for _ in range(2))
    sender.sequence(version, [1, 2], "show_a/spelt")
    taken = sender.sequence(other, [], "show_a/spelt/other", at=("studio.london",))
    sender.member(taken, "show_a/spelt/f.0001.exr", at=("studio.london",), name="1")
    each = only(sender.plan(("assetversion", version)))
    assert each.obstacle is Obstacle.CONFLICT


def test_of_two_versions_with_one_path_the_earlier_goes(sender: Sender) -> None:
    asset = sender.asset(sender.shot())
    later, first = sender.version(asset, 2, date="2026-03-01"), sender.version(asset, 1, date="2026-02-01")
    sender.component(later, "show_a/same.mov")
    goes = sender.component(first, "show_a/same.mov")
    found = sender.plan(("assetversion", later), ("assetversion", first))
    assert ids_of(found, Fate.GOES) == {goes}


def test_what_another_component_carries_to_the_path_is_a_conflict(sender: Sender) -> None:
    asset = sender.asset(sender.shot())
    first, second = sender.version(asset, 1), sender.version(asset, 2)
    carried = sender.component(first, "show_a/race.mov")
    order = sender.order(("assetversion", first))
    confirm(sender.outbox, order, sender.planner().plan(order), Requester("ada"), "race")
    sender.component(second, "show_a/race.mov")
    each = only(sender.plan(("assetversion", second)))
    assert each.obstacle is Obstacle.CONFLICT
    assert carried in each.cause


@pytest.mark.parametrize("status", ["offline", "disabled-offline"])
def test_what_goes_to_a_site_whose_server_is_away_waits_for_it_and_the_preview_says_so(
    sender: Sender, status: str
) -> None:
    version = sender.version(sender.asset(sender.shot()))
    sender.component(version)
    server = sender.studio.demo.london_server
    server.status = status
    try:
        found = sender.plan(("assetversion", version))
    finally:
        server.status = "online"
    assert only(found).fate is Fate.GOES
    (remark,) = found.remarks
    assert remark.startswith("The accsyn server of the site london is ")
    assert "is carried when that is back" in remark


def test_an_end_that_is_away_refuses_nothing_and_excuses_nothing(admin: Sender) -> None:
    version = admin.version(admin.asset(admin.shot()))
    admin.component(version, at=("studio.london",))
    workspace, server = admin.studio.accsyn.workspace, admin.studio.demo.london_server
    never = workspace.add_user("never@acme.test", "never-key", "employee")
    server.status = "offline"
    try:
        found = admin.plan(("assetversion", version), source="studio.london", destination=never.code)
    finally:
        server.status = "online"
    each = only(found)
    assert each.obstacle is Obstacle.UNREACHABLE
    assert "never had accsyn's app" in each.cause
    assert not found.remarks


def test_where_nothing_is_left_to_go_nothing_is_said_of_who_is_away(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    sender.component(version, at=("studio.hq", "studio.london"))
    server = sender.studio.demo.london_server
    server.status = "offline"
    try:
        assert not sender.plan(("assetversion", version)).remarks
    finally:
        server.status = "online"


def test_nothing_is_left_out_in_silence(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    sender.component(version, name="ftrackreview-mp4", at=("studio.hq",))
    found = sender.plan(("assetversion", version))
    assert not found.planned
    assert "ftrackreview-mp4" in found.remarks[0]


def test_a_selection_of_which_ftrack_shows_nothing_is_told(sender: Sender) -> None:
    found = sender.plan(("shot", sender.shot()))
    assert not found.planned
    assert "ftrack shows artist no components" in found.remarks[0]


def test_what_was_published_anew_is_not_there_though_ftrack_has_its_older_content_there(sender: Sender) -> None:
    component = sender.component(sender.version(sender.asset(sender.shot())), at=("studio.hq", "studio.london"))
    hq = Endpoint("acme", sender.ids["studio.hq"], "studio.hq")
    found = sender.plan(("component", component), source="studio.london", destination="studio.hq")
    assert only(found).fate is Fate.THERE
    made = publication(component_id=component, server_url=sender.connection.credentials.server_url)
    for _ in range(2):
        sender.outbox.prepare([made], "")
        sender.outbox.activate([component], "l1")
        (item,) = sender.outbox.items()
        sender.outbox.submitted([item], sender.outbox.job_found(sender.outbox.job(route(destination=hq)), "j" * 24))
        (item,) = sender.outbox.items()
        if not item.stale_at:
            sender.outbox.tracking.record([Change(item, State.TRANSFERRING, item.progress, arrived=True)])
            sender.outbox.tracking.synced([item])
    found = sender.plan(("component", component), source="studio.london", destination="studio.hq")
    assert only(found).fate is not Fate.THERE


def test_two_plans_of_one_state_are_equal(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    sender.component(version)
    sender.sequence(version, [1, 2])
    assert sender.plan(("assetversion", version)) == sender.plan(("assetversion", version))


@pytest.mark.parametrize(
    "ends", [{"source": ""}, {"source": "nowhere"}, {"destination": "ftrack.server"}, {"destination": "hq"}]
)
def test_ends_that_are_none_are_refused(sender: Sender, ends: dict[str, str]) -> None:
    with pytest.raises(Unresolved):
        sender.plans(("shot", sender.shot()), **ends)


def test_a_get_takes_each_component_from_where_it_is(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    at_hq = sender.component(version, name="hq")
    at_both = sender.component(version, name="both", at=("studio.hq", "studio.london"))
    at_site = sender.component(version, name="site", at=("studio.london",))
    nowhere = sender.component(version, name="nowhere", at=("ftrack.server",))
    here = sender.component(version, name="here", at=("studio.hq", sender.staging()))
    alone = sender.component(version, name="alone", at=(sender.staging(),))
    hq, london = sender.plans(("assetversion", version), reason=Reason.GET)
    assert (hq.source.location_name, london.source.location_name) == ("studio.hq", "studio.london")
    assert ids_of(hq, Fate.GOES) == {at_hq, at_both}
    assert ids_of(london, Fate.GOES) == {at_site}
    assert ids_of(hq, Fate.THERE) == {here, alone}
    assert ids_of(hq, Fate.CANNOT) == {nowhere}
    assert hq.destination.location_name == sender.staging()


def test_a_get_goes_to_a_near_site_first_and_to_none_that_is_offline(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    sender.component(version, at=("studio.hq", "studio.london"))
    sender.map({sender.staging(): {"near": ["site=london"]}})
    (near,) = sender.plans(("assetversion", version), reason=Reason.GET)
    assert near.source.party == "site=london"
    server = sender.studio.demo.london_server
    server.status = "offline"
    try:
        (other,) = sender.plans(("assetversion", version), reason=Reason.GET)
    finally:
        server.status = "online"
    assert other.source.party in ("hq", "acme")


def test_a_get_of_what_is_here_fetches_nothing(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    sender.component(version, at=(sender.staging(), "studio.hq"))
    sender.sequence(version, [1, 2], at=(sender.staging(),))
    (found,) = sender.plans(("assetversion", version), reason=Reason.GET)
    assert [each.fate for each in found.planned] == [Fate.THERE, Fate.THERE]
    order = sender.order(("assetversion", version), reason=Reason.GET)
    assert confirm(sender.outbox, order, [found], Requester("ada"), "none") == []


def test_a_plan_costs_few_queries_and_calls(sender: Sender) -> None:
    shot = sender.shot()
    version = sender.version(sender.asset(shot))
    for number in range(20):
        sender.sequence(version, [1, 2], f"show_a/cost/{number}")
    sender.plan(("shot", shot), with_used=True)
    sender.studio.ftrack.log.clear()
    sender.studio.accsyn.log.clear()
    sender.plan(("shot", shot), with_used=True)
    assert len(sender.studio.ftrack.log.operations()) <= 12
    assert len(sender.studio.accsyn.log.operations()) <= 8


def test_what_is_larger_than_the_free_space_cannot_go_where_accsyn_tells_it(admin: Sender) -> None:
    version = admin.version(admin.asset(admin.shot()))
    small = admin.component(version, name="small", at=("studio.london",), size=40)
    admin.component(version, name="large", at=("studio.london",), size=400)
    workspace, volume = admin.studio.accsyn.workspace, admin.studio.demo.volume
    workspace.free_space_attribute, volume.free_bytes = "free", 100
    try:
        found = admin.plan(("assetversion", version), source="studio.london", destination="studio.hq")
    finally:
        workspace.free_space_attribute, volume.free_bytes = None, None
    assert ids_of(found, Fate.GOES) == {small}
    (each,) = found.of(Fate.CANNOT)
    assert each.obstacle is Obstacle.NO_SPACE


def test_what_is_larger_than_the_disk_of_this_machine_is_not_fetched(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    sender.component(version, size=2**55)
    sender.staging()
    assert only(sender.plan(("assetversion", version), reason=Reason.GET)).obstacle is Obstacle.NO_SPACE


def test_nothing_goes_from_machine_to_machine(admin: Sender) -> None:
    admin.ids["remote@acme.test"] = str(admin.store.create("Location", name="remote@acme.test")["id"])
    version = admin.version(admin.asset(admin.shot()))
    admin.component(version, at=("remote@acme.test",))
    found = admin.plan(("assetversion", version), source="remote@acme.test", destination="artist@acme.test")
    each = only(found)
    assert each.obstacle is Obstacle.UNREACHABLE
    assert "Send it to head quarters first" in each.cause
