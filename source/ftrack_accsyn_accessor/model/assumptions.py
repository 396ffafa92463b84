"""What the plugin assumes of accsyn, unseen at a real one, and which of it is known to be otherwise. Pure.

Where it comes from: accsyn fact sheet, sections 4 to 10. `doctor --probe` looks at each at a studio's own accsyn.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

JOB_BY_NAME = "job-by-name"
JOB_BY_ID = "job-by-id"
IDS_IN_QUERY = "ids-in-query"
JOB_METADATA = "job-metadata"
TASK_METADATA = "task-metadata"
TASK_PATHS = "task-paths"
TASK_TIMES = "task-times"
EXISTING_TASK = "existing-task"
FINISHED_JOB = "finished-job"
FOLDER_SOURCE = "folder-source"
FRAME_RANGES = "frame-ranges"
AWKWARD_RANGES = "awkward-ranges"
RANGES_WITH_HOLES = "ranges-with-holes"
MIRRORED_PATHS = "mirrored-paths"
INTEGRATION_SETTING = "integration-setting"
UPLOAD_LOCATION = "upload-location"
UPLOAD_IDENT = "upload-ident"
VOLUMES_HIDDEN = "volumes-hidden"
SIZES_TOLD = "sizes-told"
PRIORITY_RUNNING = "priority-running"
CREATED_JOB = "created-job"
LONG_QUERIES = "long-queries"
USERS_WITH_AT = "users-with-at"
CLOCK_TOLD = "clock-told"
REFUSAL_WORDED = "refusal-worded"
TOO_MANY = "too-many"

#: FTRACK_ACCSYN_ASSUME: "frame-ranges=no".
_TOLD = re.compile(r"([a-z-]+)=(yes|no)")


class Assumption(NamedTuple):
    """One thing that is assumed: in what words, what the plugin needs it for, what it does where it is otherwise.

    `other_way`: once it is known to be otherwise the plugin goes another way from the start; without that it does what
    `otherwise` says whenever it meets it.
    """

    id: str
    assumed: str
    use: str
    otherwise: str
    other_way: bool = False


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        JOB_BY_NAME,
        "A job is found by its name",
        "finding a job again whose creation was not answered",
        "finds it among all jobs, whatever they are called",
        other_way=True,
    ),
    Assumption(
        JOB_BY_ID,
        "A job is found by its id, in any state",
        "telling an archived job from a deleted one",
        "asks for it among the live and the finished ones",
    ),
    Assumption(
        IDS_IN_QUERY,
        "Several jobs are asked for in one query (id in)",
        "following all live jobs with one call",
        "asks for each by itself, so that a look costs as many calls as there are jobs",
        other_way=True,
    ),
    Assumption(
        JOB_METADATA,
        "A job keeps its metadata",
        "knowing its own jobs again",
        "knows them by their name alone; other machines' transfers are not listed",
        other_way=True,
    ),
    Assumption(
        TASK_METADATA,
        "A task keeps its metadata",
        "accsyn's ftrack integration, and tasks that tell no path",
        "knows a task by its path alone",
    ),
    Assumption(
        TASK_PATHS,
        "A task tells the paths of its two ends",
        "knowing an item's tasks, and that they lead where they should",
        "knows a task by the path in its metadata; that it goes elsewhere is not noticed",
    ),
    Assumption(
        TASK_TIMES,
        "A task tells when it has ended, anew at each run",
        "proving the run that carried newer content",
        "has it run once more, and takes that run",
    ),
    Assumption(
        EXISTING_TASK,
        "Adding a task that exists queues it again, with its old metadata",
        "sending newer content of a component",
        "sets it to queued by itself",
        other_way=True,
    ),
    Assumption(
        FINISHED_JOB,
        "Adding tasks to a finished job makes it run again",
        "one job a day and project",
        "sets the job to waiting by itself, or makes another one",
        other_way=True,
    ),
    Assumption(
        FOLDER_SOURCE,
        "A folder without a slash at the end lands under its own path",
        "sending a container as one task",
        "sends its files one by one",
        other_way=True,
    ),
    Assumption(
        FRAME_RANGES,
        "name.%04d.exr[1001-1100] is read as these frames",
        "sending a sequence as one task",
        "sends its frames one by one",
        other_way=True,
    ),
    Assumption(
        AWKWARD_RANGES,
        "Blanks and brackets in the name of a sequence may not be understood",
        "nothing: their frames go one by one",
        "goes on to send them one by one, which is safe and costs a task for each frame",
    ),
    Assumption(
        RANGES_WITH_HOLES,
        "A range with a hole in it may fail",
        "nothing: each unbroken run is a range of its own",
        "goes on to send each unbroken run, which is safe",
    ),
    Assumption(
        MIRRORED_PATHS,
        "A destination without a path is the path of the source",
        "every task",
        "writes the path into the destination",
        other_way=True,
    ),
    Assumption(
        INTEGRATION_SETTING,
        "A job may have the setting integration=ftrack",
        "accsyn's ftrack integration",
        "creates the job without it",
        other_way=True,
    ),
    Assumption(
        UPLOAD_LOCATION,
        "The integration's upload_location has the id and name of a location",
        "the destination, where FTRACK_ACCSYN_DESTINATION is not set",
        "takes a bare id, too; what else it gets it cannot use, and says so",
    ),
    Assumption(
        UPLOAD_IDENT,
        "The integration's upload_ident is a party as tasks have it",
        "the destination, where FTRACK_ACCSYN_DESTINATION is not set",
        "takes a colon off its end, and a bare code for that of a site; what else it cannot use it says",
    ),
    Assumption(
        VOLUMES_HIDDEN,
        "An employee may not list volumes",
        "nothing: FTRACK_ACCSYN_VOLUME is taken as it is",
        "says where FTRACK_ACCSYN_VOLUME names none of those shown; an empty list says nothing",
    ),
    Assumption(
        SIZES_TOLD,
        "accsyn tells the sizes of files at the destination",
        "FTRACK_ACCSYN_VERIFY=size and clean",
        "frees nothing, and with FTRACK_ACCSYN_VERIFY=size waits and says so",
    ),
    Assumption(
        PRIORITY_RUNNING,
        "The priority of a task can be changed while its job runs",
        "first",
        "leaves it in its turn, and says so in the log",
    ),
    Assumption(
        CREATED_JOB,
        "The answer to a creation names the new job",
        "adding to the job",
        "looks for the job by its name and key",
    ),
    Assumption(
        LONG_QUERIES,
        "An address of 3,000 characters is accepted",
        "asking for 60 jobs in one query",
        "asks for each by itself",
    ),
    Assumption(
        USERS_WITH_AT,
        "Users are called by their e-mail address",
        "telling a user from a site, a client and the workspace",
        "cannot send to such a user by name; client=<id> can be named",
    ),
    Assumption(
        CLOCK_TOLD,
        "accsyn's clock is right within a minute",
        "ages and days of jobs",
        "compares accsyn's times with each other only, so that nothing is proven wrongly",
    ),
    Assumption(
        REFUSAL_WORDED,
        "A refusal says why in a message",
        "telling a refusal from an outage",
        "goes by the HTTP status",
    ),
    Assumption(
        TOO_MANY,
        "Too many calls are answered by HTTP 429",
        "slowing down",
        "waits longer from time to time, as after any answer that it cannot use",
    ),
)
BY_ID: Mapping[str, Assumption] = {each.id: each for each in ASSUMPTIONS}
#: Those with another way: the ids that FTRACK_ACCSYN_ASSUME may name.
CHOICES = tuple(each.id for each in ASSUMPTIONS if each.other_way)


class Notation(NamedTuple):
    """In which words tasks are written: frame ranges and whole folders as one, destinations without their paths."""

    ranges: bool = True
    folders: bool = True
    mirrored: bool = True


#: As long as nothing else is known.
USUAL = Notation()
#: Understood wherever anything is, and the costliest: each file by itself, with its whole destination.
PLAINEST = Notation(ranges=False, folders=False, mirrored=False)


@dataclasses.dataclass(frozen=True)
class Assumptions:
    """What is known to hold, or not, of the assumptions; of what nothing is known it is taken to hold."""

    known: Mapping[str, bool] = dataclasses.field(default_factory=dict)

    def holds(self, assumption: str) -> bool:
        """Whether the plugin may rely on it."""
        return self.known.get(assumption, True)

    @property
    def notation(self) -> Notation:
        """In which words tasks are written here."""
        return Notation(self.holds(FRAME_RANGES), self.holds(FOLDER_SOURCE), self.holds(MIRRORED_PATHS))


def read(texts: Iterable[str]) -> tuple[tuple[tuple[str, bool], ...], tuple[str, ...]]:
    """Return what *texts* ("frame-ranges=no") say, and those that say nothing which could be chosen."""
    told, wrong = [], []
    for text in texts:
        match = _TOLD.fullmatch(text)
        if match is not None and match[1] in CHOICES:
            told.append((match[1], match[2] == "yes"))
        else:
            wrong.append(text)
    return tuple(told), tuple(wrong)
