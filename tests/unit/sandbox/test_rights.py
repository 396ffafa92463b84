"""Who may transfer between which two ends, whatever is mapped, ticked, granted and forbidden."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_sandbox.accsyn import demo
from ftrack_accsyn_sandbox.accsyn.demo import Demo
from ftrack_accsyn_sandbox.accsyn.entities import Ticks
from ftrack_accsyn_sandbox.accsyn.errors import Refusal
from ftrack_accsyn_sandbox.accsyn.parties import Reader, check_pair

# Often enough all but one of the rules are kept.
MOSTLY, SELDOM = (st.sampled_from((usual,) * 5 + (not usual,)) for usual in (True, False))
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
    ticks: Ticks
    new_client: bool
    no_reading: bool
    no_writing: bool

    def allowed(self) -> bool:
        """Say it once more, out of the fact sheets and not out of the code."""
        ends = (self.source, self.destination)
        full = self.role == "admin" or (self.granted_read and self.granted_write)
        rules = [
            "workspace" not in self.source or self.role == "admin" or self.granted_read,
            "workspace" not in self.destination or self.role == "admin" or self.granted_write,
            "site" not in ends or (full and self.role != "standard"),
            self.source != "site" or not self.no_reading,
            self.destination != "site" or not self.no_writing,
            "theirs" not in ends or self.role != "standard",
            "theirs" not in ends or (self.mapped and (self.new_client or not self.ticks.by_environment)),
            self.source != "theirs" or self.ticks.read,
            self.destination != "theirs" or self.ticks.write,
            not {"mine", "theirs"}.issuperset(ends),
            set(ends) != {"site", "theirs"},
        ]
        return all(rules)


def is_accepted(made: Demo, case: Case) -> bool:
    people = {"admin": made.admin, "employee": made.artist, "standard": made.vendor}
    user, client = people[case.role], made.remote_client
    made.workspace.change_role(made.artist.code, "employee")  # which takes the grants away
    made.workspace.grant(user, made.volume, read=case.granted_read, write=case.granted_write)
    client.folders = {made.volume.id: Path("/away")} if case.mapped else {}
    client.ticks = {made.volume.id: case.ticks}
    client.version = "3.6-5" if case.new_client else "3.6-4"
    made.london.no_reading, made.london.no_writing = case.no_reading, case.no_writing
    mine = made.workspace.add_client("mine", user)
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


@given(
    st.builds(
        Case,
        *(st.sampled_from(names) for names in (("admin", "employee", "standard"), ENDS, ENDS)),
        *(MOSTLY for _ in range(3)),
        st.builds(Ticks, MOSTLY, MOSTLY, st.booleans()),
        *(st.booleans(), SELDOM, SELDOM),
    )
)
@settings(max_examples=300, deadline=None)
def test_transfer_is_accepted_exactly_when_everybody_concerned_allows_it(case: Case) -> None:
    folder = Path("/nowhere")  # nothing is read or written
    assert is_accepted(demo.build(folder, folder, folder), case) is case.allowed()
