"""SIGKILL while content is replaced, deleted and published again: green is never the older content, nothing is lost."""

from __future__ import annotations

import dataclasses
import random
import signal
from collections import Counter
from typing import Any

import pytest

from fault.support_fixtures import Run
from fault.support_histories import content
from fault.support_kill import Step
from fault.support_studio import outbox
from fault.support_template import Child
from ftrack_accsyn_accessor.model.item import Item, State
from ftrack_accsyn_accessor.model.tasks import spelt
from ftrack_accsyn_sandbox.studio import Studio

_OUTBOX = ("ftrack_accsyn_accessor.outbox.store", "Outbox")
_WORKSPACE = ("ftrack_accsyn_accessor.workspace.workspace", "Workspace")
_TRACKING = ("ftrack_accsyn_accessor.outbox.tracking", "Tracking")
#: In the order in which new content meets them.
STEPS = {
    "taken out": Step(*_OUTBOX, "cancel"),
    "staged": Step("ftrack_accsyn_accessor.staging.accessor", "StagedData", "close"),
    "prepared": Step(*_OUTBOX, "prepare"),
    "registered": Step("ftrack_accsyn_accessor.staging.location", "StagingLocationMixin", "_register"),
    "pending": Step(*_OUTBOX, "activate"),
    "asked for": Step("ftrack_accsyn_accessor.worker.claims", "Claims", "admit"),
    "looked up": Step(*_WORKSPACE, "tasks"),
    "attempt written down": Step(*_OUTBOX, "attempt"),
    "added": Step(*_WORKSPACE, "add_tasks"),
    "recorded": Step(*_OUTBOX, "submitted"),
    "progress recorded": Step(*_TRACKING, "record"),
}
#: Where replacing what accsyn still sends is killed: its registrations go one by one, then its files come one by one.
BEFORE_REGISTERED = {
    "first taken out": STEPS["taken out"],
    "second taken out": dataclasses.replace(STEPS["taken out"], nth=2),
    "first staged": STEPS["staged"],
    "all staged": dataclasses.replace(STEPS["prepared"], when="before"),
}
#: The acts, and which of them is the fatal one.
HISTORIES = {
    "replaced after it had arrived": (["publish", "arrive", "replace", "arrive"], 2),
    "deleted and published again": (["publish", "arrive", "delete", "publish", "arrive"], 2),
    "published under another path": (["publish", "sent", "move", "arrive"], 2),
}
TRIALS, SLOW_TRIALS = 10, 140
#: About how many lines of the plugin run from the fatal act on.
LINES = 4000


def die_in(run: Run, **arguments: Any) -> Child:
    child = run("live", **arguments)
    assert child.wait() in (0, -signal.SIGKILL), child.output
    return child


def follow(studio: Studio, run: Run) -> None:
    """Let the next session bring everything to rest; what it is to try again ten minutes later, it tries at once."""
    assert run("follow").wait() == 0
    if outbox(studio).control.retry():
        assert run("follow").wait() == 0


def assert_true(studio: Studio, child: Child) -> None:
    """Green is the content that the item stands for, and what was accepted is there, or said not to be."""
    items = list(outbox(studio).items())
    for item in items:
        assert item.state in (State.SYNCED, State.WITHDRAWN, State.NEEDS_ATTENTION), item
        for file in item.publication.files if item.state is State.SYNCED else ():
            staged = studio.staging / file.path
            is_its_own = staged.is_file() and staged.stat().st_mtime_ns == file.mtime_ns
            assert not is_its_own or (studio.hq / file.path).read_bytes() == staged.read_bytes(), file.path
    _assert_accepted(studio, child, items)
    tasks = [task for job in studio.accsyn.workspace.jobs() for task in job.tasks]
    assert max(Counter(spelt(task.source.partition("=projects/")[2]) for task in tasks).values(), default=1) == 1


def _assert_accepted(studio: Studio, child: Child, items: list[Item]) -> None:
    """What `add_component` had returned for last, or what was begun after it, is at its destination and registered."""
    published, begun = child.reported("published"), child.reported("begun")
    if not published or not studio.ftrack.store.find("Component", id=child.reported("id")[-1]):
        return
    component = child.reported("id")[-1]
    (item,) = [item for item in items if item.publication.component_id == component]
    files, wholes = _made_of(studio, component)
    there = _registered(studio, files | wholes, studio.ids["studio.hq"])
    # Where it was taken out when it was about to be registered, it may be there, as far as the outbox knows.
    was_there = bool(item.stale_at and (child.reported("arrived") or there))
    if item.state is State.NEEDS_ATTENTION or (item.state is State.WITHDRAWN and not was_there):
        # Taken out, as a whole or in part, while its first content was under way, and never registered anew: its host
        # has removed files that accsyn had still to read. That is said, and nothing of it is green.
        staged = _registered(studio, files | wholes, item.publication.location_id)
        assert staged.keys() < files | wholes
        assert item.state is State.WITHDRAWN or staged
        assert item.cause
        assert not there
        return
    # One whose newer content was never registered stands for the older one, which is there.
    assert item.state in (State.SYNCED, State.WITHDRAWN)
    assert there.keys() == files | wholes
    for path in (there[file] for file in files):
        name = path.rpartition("/")[2]
        assert (studio.hq / path).read_bytes() in {content(name, number) for number in (published[-1], begun[-1])}, path


def _made_of(studio: Studio, component: str) -> tuple[set[str], set[str]]:
    """Return the ids of a component's files, and of itself where it is none."""
    members = {member["id"] for member in studio.ftrack.store.find("Component", container_id=component)}
    return (members, {component}) if members else ({component}, set())


def _registered(studio: Studio, components: set[str], location_id: str) -> dict[str, str]:
    """Return the paths under which ftrack has some of *components* in a location, by their ids."""
    rows = studio.ftrack.store.find("ComponentLocation", location_id=location_id)
    return {row["component_id"]: row["resource_identifier"] for row in rows if row["component_id"] in components}


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("kind", ["file", "container"])
@pytest.mark.parametrize("name", STEPS)
def test_killed_at_a_step_of_new_content_the_next_session_ends_with_it(
    studio: Studio, run: Run, name: str, kind: str, history: str
) -> None:
    acts, fatal = HISTORIES[history]
    child = die_in(run, kind=kind, acts=acts, fatal=fatal, step=dataclasses.asdict(STEPS[name]))
    follow(studio, run)
    assert_true(studio, child)


@pytest.mark.parametrize("name", [name for name in STEPS if name != "progress recorded"])
def test_killed_while_accsyn_still_sends_the_older_content_it_never_turns_green(
    studio: Studio, run: Run, name: str
) -> None:
    studio.accsyn.engine.hold_at("*/plate.mov")
    step = dataclasses.asdict(STEPS[name])
    child = die_in(run, kind="file", acts=["publish", "sent", "replace", "sent"], fatal=2, step=step)
    studio.accsyn.engine.release()
    follow(studio, run)
    assert_true(studio, child)


@pytest.mark.parametrize("kind", ["sequence", "container"])
@pytest.mark.parametrize("name", BEFORE_REGISTERED)
def test_killed_before_new_content_of_several_files_is_registered_the_older_is_not_half_there(
    studio: Studio, run: Run, name: str, kind: str
) -> None:
    studio.accsyn.engine.hold_at("*/plate*")
    step = dataclasses.asdict(BEFORE_REGISTERED[name])
    child = die_in(run, kind=kind, acts=["publish", "sent", "replace", "sent"], fatal=2, step=step)
    studio.accsyn.engine.release()
    follow(studio, run)
    assert_true(studio, child)


@pytest.mark.parametrize(
    "seed", [*range(TRIALS), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(TRIALS, SLOW_TRIALS))]
)
def test_killed_at_a_random_line_the_next_session_ends_with_the_truth(studio: Studio, run: Run, seed: int) -> None:
    chance = random.Random(seed)
    acts, fatal = HISTORIES[chance.choice(sorted(HISTORIES))]
    held = chance.random() < 0.3
    if held:
        acts, fatal = ["publish", "sent", "replace", "sent"], 2
        studio.accsyn.engine.hold_at("*/plate*")
    kind = chance.choice(["file", "sequence", "container"])
    child = die_in(run, kind=kind, acts=acts, fatal=fatal, line=chance.randrange(LINES))
    studio.accsyn.engine.release()
    if chance.random() < 0.3:
        run("follow", kill={"line": chance.randrange(LINES)}).wait()
    follow(studio, run)
    assert_true(studio, child)
