"""Who may transfer between which two ends, whatever is mapped, ticked, granted and forbidden."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ftrack_accsyn_sandbox.accsyn import demo
from ftrack_accsyn_sandbox.accsyn.demo import Demo
from ftrack_accsyn_sandbox.accsyn.entities import Client, Ticks
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.parties import Reader, check_pair

ENDS = ("workspace", "site", "mine", "theirs")


@dataclass(frozen=True)
class Case:
    """One transfer of a volume's file: who asks, between which ends, and what is set up."""

    role: str
    source: str
    destination: str
    granted_read: bool
    granted_write: bool
    mapped: bool
    read_ticked: bool
    write_ticked: bool
    mapped_by_app: bool
    new_client: bool
    reading_permitted: bool
    writing_permitted: bool

    def allowed(self) -> bool:
        """Say it once more, out of the fact sheets and not out of the code."""
        ends = (self.source, self.destination)
        full = self.role == "admin" or (self.granted_read and self.granted_write)
        rules = [
            "workspace" not in self.source or self.role == "admin" or self.granted_read,
            "workspace" not in self.destination or self.role == "admin" or self.granted_write,
            "site" not in ends or (full and self.role != "standard"),
            self.source != "site" or self.reading_permitted,
            self.destination != "site" or self.writing_permitted,
            "theirs" not in ends or self.role != "standard",
            "theirs" not in ends or (self.mapped and (self.new_client or self.mapped_by_app)),
            self.source != "theirs" or self.read_ticked,
            self.destination != "theirs" or self.write_ticked,
            not {"mine", "theirs"}.issuperset(ends),
            set(ends) != {"site", "theirs"},
        ]
        return all(rules)


def cases(role: str, source: str, destination: str) -> Iterator[Case]:
    """Yield what may be set up: all as it should be, and whatever one or two things are otherwise."""
    names = [field.name for field in dataclasses.fields(Case)][3:]
    for count in range(3):
        for wrong in itertools.combinations(names, count):
            yield Case(role, source, destination, **{name: name not in wrong for name in names})


def is_accepted(made: Demo, case: Case) -> bool:
    people = {"admin": made.admin, "employee": made.artist, "standard": made.vendor}
    user, client = people[case.role], made.remote_client
    for person in people.values():
        made.workspace.change_role(person.code, person.role)  # which takes the grants away
    made.workspace.grant(user, made.volume, read=case.granted_read, write=case.granted_write)
    client.folders = {made.volume.id: Path("/away")} if case.mapped else {}
    client.ticks = {made.volume.id: Ticks(case.read_ticked, case.write_ticked, not case.mapped_by_app)}
    client.version = "3.6-5" if case.new_client else "3.6-4"
    made.london.no_reading, made.london.no_writing = not case.reading_permitted, not case.writing_permitted
    mine = made.workspace.get(Client, f"of-{user.name}") or made.workspace.add_client(f"of-{user.name}", user)
    mine.folders[made.volume.id] = Path("/mine")
    texts = {"workspace": "acme", "site": "site=london", "mine": f"client={mine.id}", "theirs": made.remote.code}
    reader = Reader(made.workspace, user)
    try:
        source = reader.source(f"{texts[case.source]}:volume=projects/a.mov")
        for path in ("", ":volume=projects/in/"):
            destination = reader.destination(texts[case.destination] + path, source)
            check_pair(made.workspace, user, source.party, destination.party)
    except Refusal:
        return False
    return True


@pytest.mark.parametrize("source", ENDS)
@pytest.mark.parametrize("role", ["admin", "employee", "standard"])
def test_transfer_is_accepted_exactly_when_everybody_concerned_allows_it(role: str, source: str) -> None:
    folder = Path("/nowhere")  # nothing is read or written
    made = demo.build(folder, folder, folder)
    for destination in ENDS:
        for case in cases(role, source, destination):
            assert is_accepted(made, case) is case.allowed(), case
