"""What somebody may ask the service for, which acts with its own rights. Pure."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import parties
from ftrack_accsyn_accessor.model.item import Endpoint
from ftrack_accsyn_accessor.model.plan import Plan

#: ftrack's word for roles that open only projects in which their user has a task.
ASSIGNED = "ASSIGNED"


class Role(NamedTuple):
    """A security role of a user: whether it opens all open projects, and the ids of those that it opens by name."""

    type: str
    all_open: bool
    projects: frozenset[str] = frozenset()


class Project(NamedTuple):
    """A project in ftrack."""

    id: str
    name: str
    private: bool
    active: bool


@dataclasses.dataclass(frozen=True)
class Person:
    """A user of ftrack. `assigned` are the ids of the projects in which tasks are assigned to them or their groups."""

    id: str
    username: str
    active: bool
    roles: tuple[Role, ...] = ()
    assigned: frozenset[str] = frozenset()


def may_see(person: Person, project: Project) -> bool:
    """Whether a security role of *person* opens *project*: a private one only by its name."""
    for role in person.roles:
        named = project.id in role.projects
        if not (named or (role.all_open and not project.private)):
            continue
        if role.type != ASSIGNED or project.id in person.assigned:
            return True
    return False


def may_go_to(destination: Endpoint, allowed: Sequence[str], outsider: bool) -> bool:
    """Whether the patterns *allowed* (none for everywhere) admit *destination*.

    An *outsider*, who is no employee, is admitted by patterns for e-mail addresses alone: `*` means no vendor.
    """
    patterns = [pattern.lower() for pattern in allowed]
    if outsider:
        patterns = [pattern for pattern in patterns if "@" in pattern]
    elif not patterns:
        return True
    party = parties.recipient(destination.party) or destination.party
    names = {party.lower(), destination.location_name.lower()} - {""}
    return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in patterns)


class Concern(NamedTuple):
    """A project that something is of: by its id, or else by its name, which is also that of its folder."""

    project_id: str
    name: str = ""


def refusal(person: Optional[Person], projects: Mapping[str, Project], concerns: Iterable[Concern]) -> str:
    """Return why *person* may have nothing of *concerns*, in words; empty if they may.

    *projects* are all that the service sees, by id.
    """
    if person is None:
        return "ftrack does not know who asks for it."
    if not person.active:
        return f"The user {person.username} is not active in ftrack."
    by_name = {project.name.lower(): project for project in projects.values()}
    for concern in sorted(set(concerns)):
        found = projects.get(concern.project_id) if concern.project_id else by_name.get(concern.name.lower())
        text = _refusal(person, found, concern)
        if text:
            return text
    return ""


def concerns(plans: Iterable[Plan]) -> list[Concern]:
    """Return what *plans* are of. Everything planned counts, not only what goes: a preview tells names."""
    found = [planned.wanted.publication for plan in plans for planned in plan.planned]
    return [Concern(each.project_id, "" if each.project_id else each.path.split("/")[0]) for each in found]


def closed_to(plans: Iterable[Plan], allowed: Sequence[str], outsiders: Collection[str]) -> str:
    """Return why nothing may go where one of *plans* leads, in words; empty if it may.

    *outsiders* are the parties that are no employees.
    """
    for plan in plans:
        if not may_go_to(plan.destination, allowed, plan.destination.party in outsiders):
            named = plan.destination.location_name or plan.destination.party
            return f"Nothing may be sent to {named} from here: FTRACK_ACCSYN_SEND_TO of the service does not name it."
    return ""


def _refusal(person: Person, project: Optional[Project], concern: Concern) -> str:
    if project is None and not concern.project_id:
        return f"{concern.name} is the name of no project that the service sees, so nobody may have it."
    if project is None:
        return "The service does not see the project in ftrack: grant it to the service's key."
    if not may_see(person, project):
        what = "a private project" if project.private else f"the project {project.name}"
        return f"No security role of {person.username} opens {what}."
    return "" if project.active else f"The project {project.name} is not active in ftrack."
