"""Whether what a vendor delivers may become a version: decided from names, sizes and kinds alone. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Optional

from ftrack_accsyn_accessor.model import allowed, expected, foreign, framing, parts
from ftrack_accsyn_accessor.model.manifest import Deliverable
from ftrack_accsyn_accessor.model.submission import Found, FoundKind, Part, Problem, Severity, Shape, Verdict
from ftrack_accsyn_accessor.model.vendors import VendorRules

#: Problems of one rule that are told one by one.
_MOST_TOLD = 20
_MOST_PARTS = 200
_MOST_VERSION = 999_999
#: Numbers that a version may leave out: who takes the last one leaves none for anybody after it.
_MOST_GAP = 1_000
#: Names of components that mean something to ftrack's own web player.
_RESERVED = re.compile(r"ftrackreview|thumbnail", re.IGNORECASE)
_UNCHECKED = (
    "Nothing tells what is expected: the name, the version, the frames, the components and their types are not checked."
)


def check(
    name: str,
    found: Sequence[Found],
    deliverables: Sequence[Deliverable],
    rules: VendorRules,
    taken: Mapping[str, frozenset[int]],
) -> Verdict:
    """Return what the delivered folder or file *name* is, and what is wrong with it.

    *found* is all that lies in the folder, with paths relative to it; a file by itself is the only one, and its path is
    *name*. *deliverables* are what is expected of this vendor: without any, only what is wrong with every delivery is
    told, and none is accepted. *taken* are the numbers of the versions that exist, by `Deliverable.task_id`: of a task
    that is missing there, those below `Deliverable.next_version` count as such. Never raises, whatever is given.
    """
    is_file = len(found) == 1 and found[0].path == name and found[0].kind is not FoundKind.FOLDER
    problems = [] if is_file else list(_name_problems(name))
    if len(found) > rules.most_files:
        text = f"It holds {len(found):,} files and folders: expected are {rules.most_files:,} at most."
        return Verdict(name, problems=(*problems, Problem("bounds", text)))
    files, told = _files(found, rules.most_depth)
    problems += told
    if not deliverables:
        problems += [*_types(files, rules.types), Problem("unchecked", _UNCHECKED, Severity.REMARK)]
        return Verdict(name, problems=bounded(problems))
    known = expected.recognised(_stem(name, deliverables, rules) if is_file else name, deliverables, not is_file)
    problems += known.problems
    if known.deliverable is None:
        return Verdict(name, problems=bounded([*problems, *_types(files, rules.types)]))
    version, told = _version(known.version, known.deliverable, [] if is_file else files, taken)
    problems += told
    problems += _types(files, known.deliverable.types or rules.types)
    components, told = _components(files, known.deliverable, deliverables, version)
    problems += told
    as_named = expected.expected(known.deliverable, version)
    return Verdict(name, known.deliverable.task_id, as_named, version, tuple(components), bounded(problems))


def _name_problems(name: str) -> Iterator[Problem]:
    why = "it has a slash" if "/" in name else allowed.why_no_name(name)
    if why:
        yield Problem("name", f"{foreign.shown(name)} is no name for a delivery: {why}.")


def _stem(name: str, deliverables: Iterable[Deliverable], rules: VendorRules) -> str:
    """Return the name of a file without its extension; one of those that are expected may have dots in it."""
    types = {each for one in deliverables for each in one.types} | set(rules.types)
    fitting = [each for each in types if name.casefold().endswith(each.casefold()) and len(name) > len(each)]
    return name[: -max(map(len, fitting))] if fitting else posixpath.splitext(name)[0]


def _files(found: Sequence[Found], deepest: int) -> tuple[list[Found], list[Problem]]:
    """Return the files that count, and what is wrong with all that lies there."""
    counts = [each for each in found if not allowed.passed_over(each)]
    problems = [problem for each in counts for problem in allowed.entry_problems(each, deepest)]
    problems += allowed.together_problems(counts)
    problems += allowed.left_out([each for each in found if allowed.passed_over(each)])
    odd = {each.path for each in problems if each.rule in ("name", "path", "bounds")}
    files = [each for each in counts if each.kind is FoundKind.FILE]
    if not files:
        problems.append(Problem("nothing", "There is no file in it: expected is at least one."))
    return [each for each in files if each.path not in odd], problems


def _types(files: Iterable[Found], types: Sequence[str]) -> Iterator[Problem]:
    for each in files:
        yield from allowed.type_problems(each.path, types)


def _version(
    given: Optional[int], deliverable: Deliverable, files: Iterable[Found], taken: Mapping[str, frozenset[int]]
) -> tuple[int, list[Problem]]:
    """Return the number that the version gets, and what is wrong with the one it was given."""
    exist = taken.get(deliverable.task_id)
    following = max([deliverable.next_version, *(number + 1 for number in exist or ())])
    inner = {each.path: expected.version_in(posixpath.basename(each.path), deliverable) for each in files}
    numbers = {number for number in inner.values() if number is not None}
    problems = []
    if given is None and len(numbers) == 1:
        given = numbers.pop()
    if given is None:
        text = f"It is named without a number: it becomes {deliverable.named(following)}."
        return following, [Problem("no-version", text, Severity.REMARK)]
    wanted = f"expected is {deliverable.named(following)}"
    for path, number in inner.items():
        if number not in (None, given):
            text = f"{foreign.shown(path)} is of version {number}: expected are files of version {given}."
            problems.append(Problem("version-differs", text, path=path))
    exists = given in exist if exist is not None else 0 < given < deliverable.next_version
    if exists:
        problems.append(Problem("version-taken", f"Version {given} exists already: {wanted}."))
    elif not 0 < given <= _MOST_VERSION or given - following > _MOST_GAP:
        problems.append(Problem("version", f"{given} is no number of a version: {wanted}."))
    elif given != following:
        when = "is" if exist is not None else "was, when the package was made,"
        text = f"The next version {when} {following}, and this is version {given}: is it meant?"
        problems.append(Problem("version-gap", text, Severity.REMARK))
    return given, problems


def _components(
    files: Sequence[Found], deliverable: Deliverable, deliverables: Sequence[Deliverable], version: int
) -> tuple[list[Part], list[Problem]]:
    """Return what the files become, and what is wrong with that."""
    groups, single = parts.grouped(files)
    in_frames = deliverable.first_frame is not None
    components = parts.as_parts(groups, single, deliverable.components, in_frames)
    if len(components) > _MOST_PARTS:
        text = f"It would become {len(components):,} components: expected are {_MOST_PARTS} at most, others in folders."
        return [], [Problem("bounds", text)]
    named = parts.named(components, deliverable.components, expected.expected(deliverable, version))
    problems = [*_named_problems(named, deliverable), *_strange(named, deliverable, deliverables)]
    loose = [each.path for each in named if each.shape is Shape.FOLDER and each.name not in deliverable.components]
    for group in groups:
        if not any(group.path.startswith(f"{folder}/") for folder in loose):
            problems += framing.frame_problems(group, deliverable)
    if files and in_frames and not groups:
        text = f"It has no sequence: expected are frames {deliverable.first_frame}-{deliverable.last_frame}."
        problems.append(Problem("no-sequence", text))
    return named, problems


def _named_problems(named: Sequence[Part], deliverable: Deliverable) -> Iterator[Problem]:
    names = {each.name for each in named}
    for name in dict.fromkeys(deliverable.components):
        if name not in names and named:
            text = f"The component {name} is missing: expected are its files in a folder called {name}."
            yield Problem("component-missing", text)
    for each in named:
        if each.name in deliverable.components:
            continue
        path = each.files[0].path
        if _RESERVED.match(each.name):
            text = f"{foreign.shown(each.path)} would be called {each.name}, which means something to ftrack."
            yield Problem("reserved", f"{text} Expected is another name.", path=path)
        elif deliverable.components:
            text = f"{foreign.shown(each.path)} is no component of {', '.join(deliverable.components)}."
            yield Problem("component-extra", f"{text} It is taken as {each.name}.", Severity.REMARK, path)


def _strange(named: Sequence[Part], deliverable: Deliverable, deliverables: Sequence[Deliverable]) -> Iterator[Problem]:
    """Yield files that are called as something else that is expected."""
    others = [each for each in deliverables if each.name != deliverable.name]
    for part in named:
        name = posixpath.basename(part.path)
        if expected.version_in(name, deliverable) is not None:
            continue
        other = next((each for each in others if expected.version_in(name, each) is not None), None)
        if other is not None:
            text = f"{foreign.shown(part.path)} is called as {other.name} is: expected are files of {deliverable.name}."
            yield Problem("other-task", text, path=part.files[0].path)


def bounded(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return *problems* with so many of each rule that somebody can read them."""
    told: dict[tuple[str, Severity], list[Problem]] = {}
    more: dict[tuple[str, Severity], int] = {}
    for each in problems:
        kind = (each.rule, each.severity)
        if len(told.setdefault(kind, [])) < _MOST_TOLD:
            told[kind].append(each)
        else:
            more[kind] = more.get(kind, 0) + 1
    rest = {kind: Problem(kind[0], f"There are {count:,} more of these.", kind[1]) for kind, count in more.items()}
    return tuple(each for kind, those in told.items() for each in (*those, *filter(None, [rest.get(kind)])))
