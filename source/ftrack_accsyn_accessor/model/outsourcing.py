"""Which way work goes to a vendor, and what is told of it. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ftrack_accsyn_accessor.model import closing
from ftrack_accsyn_accessor.model.access import Machine, Standing
from ftrack_accsyn_accessor.model.closing import TaskState
from ftrack_accsyn_accessor.model.handout import HandOut
from ftrack_accsyn_accessor.model.manifest import Deliverable
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.model.vendors import VendorRules
from ftrack_accsyn_accessor.model.work import Task

#: From this version on accsyn's app and user server take what is pushed to a volume that their environment maps
#: (workflow facts, section 3).
_PUSHED_FROM = (3, 6, 5)
PUSHED_FROM_TEXT = "3.6-5"
#: Files that a note lists.
MOST_NAMED = 20


class Way(str, enum.Enum):
    """How a package gets to a vendor."""

    PUSH = "push"
    DELIVERY = "delivery"


def way(standing: Standing, machines: Sequence[Machine]) -> Way:
    """Return how a package goes to a vendor who stands so to accsyn, and has these clients as far as they are shown.

    Whether a volume is mapped there accsyn does not tell, only whether it may be: a push that it refuses becomes a
    delivery.
    """
    if standing in (Standing.UNKNOWN, Standing.INVITED):
        return Way.DELIVERY
    return Way.PUSH if any(map(takes_pushed, machines)) or not machines else Way.DELIVERY


def way_text(chosen: Way, machines: Sequence[Machine]) -> str:
    """Return in words how it goes, and why not otherwise."""
    if chosen is Way.PUSH:
        # an app and a server may share a machine
        ready = ", ".join(sorted({each.name for each in machines if takes_pushed(each)}))
        where = f"is mapped at {ready}" if ready else "is mapped at the vendor's"
        return f"Pushed to the volume where it {where}; else as a delivery that they fetch."
    if not machines:
        return "As a delivery that they fetch: nobody has logged in to accsyn there yet."
    told = ", ".join(f"{each.name} has {each.version}" for each in machines)
    return f"As a delivery that they fetch: mapped volumes need {PUSHED_FROM_TEXT}, and {told}."


def note_text(vendor: str, package: str, files: Mapping[str, int], message: str) -> str:
    """Return the note at a task that tells what was handed out: *files* of the package, with their sizes in bytes."""
    count = f"{len(files)} file{'' if len(files) == 1 else 's'}, {size_text(sum(files.values()))}"
    named = [f"- {path}" for path in list(files)[:MOST_NAMED]]
    lines = [f"Handed out to {vendor}: {count}, as the package {package}.", *named]
    if len(files) > MOST_NAMED:
        lines.append(f"- and {len(files) - MOST_NAMED} more")
    return "\n\n".join(filter(None, ("\n".join(lines), message.strip())))


def told(tasks: Iterable[Task]) -> Iterator[str]:
    """Yield what the vendor of *tasks* is told in words, which leaves the studio as the files do."""
    for task in tasks:
        notes = f"{len(task.notes)} note{'' if len(task.notes) == 1 else 's'}"
        texts = [text for text, there in (("its description", task.description.strip()), (notes, task.notes)) if there]
        if texts:
            yield f"{task.name}: {' and '.join(texts)}"


def wanted(each: Deliverable, due: str) -> str:
    """Return what is wanted back of a task: name, frames, types of files, and when (ISO 8601, empty for any time)."""
    texts = [each.named(each.next_version)]
    if each.first_frame is not None and each.last_frame is not None:
        texts.append(f"frames {each.first_frame} to {each.last_frame}")
    texts += [" or ".join(each.types)] if each.types else []
    return ", ".join([*texts, f"due {due[:10]}" if due else "no due date"])


def remarks(
    names: Mapping[str, str], known: Iterable[HandOut], states: Mapping[str, TaskState], rules: VendorRules
) -> Iterator[str]:
    """Yield what has to be known of tasks, called *names* by their ids, before they are handed out."""
    for each in known:
        if each.task_id in names and not each.closed_at:
            since = f"since {each.handed_out_at[:10]}, as the package {each.package}"
            yield f"{names[each.task_id]} is out with {each.vendor} {since}."
    for task_id, name in names.items():
        state = states.get(task_id)
        if state is not None and closing.ended(state, rules):
            ends = "`ftrack-accsyn vendors --fix`, or serve, ends the access to it at once"
            becomes = f"it gets the status {rules.status_out}"
            yield f"{name} is {state.status}: {becomes if rules.status_out else ends}."
    if rules.production:
        further = (
            "Once that is proven to be there, serve, a hook or the next `ftrack-accsyn outsource` sends it further"
        )
        yield f"It goes to the main site first, from {rules.production}. {further}."


def takes_pushed(machine: Machine) -> bool:
    """Whether a push may reach a mapped volume there; of a client that tells no version it is tried."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", machine.version))
    return not numbers or numbers >= _PUSHED_FROM
