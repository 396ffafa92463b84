"""What a child process does with one component over time: publish, replace, move, delete; killed on the way.

Imported by `support_jobs`, whose jobs these are.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import ftrack_api
from ftrack_api.symbol import ORIGIN_LOCATION_ID

from fault import support_kill
from ftrack_accsyn_accessor.model.item import Item, State
from helpers import wait_until

#: Bytes of a source file: the same for every content, so that accsyn sees no difference in size.
SIZE_BYTES = 500
NAME = "plate"
SENT = (State.SUBMITTED, State.TRANSFERRING, State.SYNCED)
AT_REST = (State.SYNCED, State.WITHDRAWN, State.NEEDS_ATTENTION)


def content(name: str, number: int) -> bytes:
    """Return what the source file *name* holds in the publish *number*; the same in every process."""
    return random.Random(f"{name}-{number}").randbytes(SIZE_BYTES)


class Life:
    """One component, as a pipeline script treats it in one session."""

    def __init__(self, arguments: Mapping[str, Any], report: Any) -> None:
        self._folder = Path(arguments["folder"])
        self._folder.mkdir(parents=True, exist_ok=True)
        self._kind = arguments["kind"]
        self._report = report
        self._session = ftrack_api.Session()
        self._location = self._session.pick_location()
        self._origin = self._session.get("Location", ORIGIN_LOCATION_ID)
        self._number = 0
        self._version: Any = None
        self._component: Any = None

    def publish(self) -> None:
        """Publish the component on a new version; after `delete` that has the number of the one before."""
        shot = self._session.query('Shot where project.name is "show_a" order by name').first()
        asset_type = self._session.query("AssetType").first()
        found = self._session.query(f'Asset where name is "{NAME}" and context_id is "{shot["id"]}"').first()
        asset = found or self._session.create("Asset", {"name": NAME, "parent": shot, "type": asset_type})
        self._version = self._session.create("AssetVersion", {"asset": asset})
        self._session.commit()
        with_data = {"name": NAME, "version": self._version}
        if self._kind == "container":
            self._component = self._session.create("ContainerComponent", with_data)
            for path in self._sources():
                member = {"name": path.stem, "container": self._component}
                self._component["members"].append(self._session.create_component(str(path), member, location=None))
        else:
            self._component = self._session.create_component(self._expression(), with_data, location=None)
        self._session.commit()
        self._add()

    def replace(self) -> None:
        """Take the component out of the staging location, write its sources anew, and add it again."""
        self._location.remove_component(self._component)
        self._sources()
        self._add()

    def move(self) -> None:
        """Replace it as `replace` does, after its asset was given another name: it goes under another path."""
        self._location.remove_component(self._component)
        self._version["asset"]["name"] = f"{NAME}_moved"
        self._session.commit()
        self._sources()
        self._add()

    def delete(self) -> None:
        """Delete the version, and what is staged of it, as a publisher does that gives up."""
        staged = [self._location.get_filesystem_path(each) for each in self._files()]
        self._session.delete(self._version)
        self._session.commit()
        for path in staged:
            os.remove(path)

    def sent(self) -> None:
        """Wait until accsyn has it."""
        self._wait(SENT)

    def arrive(self) -> None:
        """Wait until it is at its destination."""
        self._wait((State.SYNCED,))
        self._report.add(arrived=self._number)

    def _add(self) -> None:
        self._report.add(begun=self._number)
        self._location.add_component(self._component, self._origin)
        self._report.add(published=self._number, id=self._component["id"])

    def _files(self) -> list[Any]:
        return list(self._component["members"]) if "members" in self._component.keys() else [self._component]  # noqa: SIM118

    def _names(self) -> Iterable[str]:
        if self._kind == "file":
            return [f"{NAME}.mov"]
        if self._kind == "sequence":
            return [f"{NAME}.{frame}.exr" for frame in (1001, 1002, 1004)]
        return [f"{NAME}_{member}.txt" for member in "ab"]

    def _sources(self) -> list[Path]:
        """Write the next content."""
        self._number += 1
        paths = [self._folder / name for name in self._names()]
        for path in paths:
            path.write_bytes(content(path.name, self._number))
        return paths

    def _expression(self) -> str:
        (first, *more) = self._sources()
        return f"{self._folder / NAME}.%04d.exr [1001-1002, 1004]" if more else str(first)

    def _wait(self, states: tuple[State, ...]) -> None:
        parts = self._location.accsyn_staging

        def reached() -> bool:
            parts.wake()
            found = [item for item in parts.outbox.items() if item.publication.component_id == self._component["id"]]
            return bool(found) and found[0].state in states

        wait_until(reached, 30.0, f"the component to be {' or '.join(states)}")


def live(arguments: Mapping[str, Any], report: Any) -> None:
    """Do `acts` one after the other. From the act number `fatal` on the process dies at `step`, or before `line`."""
    life = Life(arguments, report)
    for number, act in enumerate(arguments["acts"]):
        if number == arguments["fatal"]:
            _arm(arguments)
        getattr(life, act)()
    os._exit(0)


def _arm(arguments: Mapping[str, Any]) -> None:
    if "step" in arguments:
        support_kill.arm(support_kill.Step(**arguments["step"]))
    if "line" in arguments:
        support_kill.Lines(arguments["line"]).start()


def follow(arguments: Mapping[str, Any], report: Any) -> None:
    """Open a session and let its worker bring everything to rest, also what somebody has asked to try again."""
    session = ftrack_api.Session()
    parts = session.pick_location().accsyn_staging

    def is_due(item: Item) -> bool:
        return item.state is State.NEEDS_ATTENTION and item.next_try_at is None

    def at_rest() -> bool:
        parts.wake()
        return all(item.state in AT_REST and not is_due(item) for item in parts.outbox.items())

    wait_until(at_rest, 60.0, "all items to be at rest")
    report.add(states=[item.state.value for item in parts.outbox.items()])
    session.close()
