"""`ftrack-accsyn outsource`: tasks to a vendor, with a preview of what goes and what is granted."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn, Optional

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ftrack_accsyn_accessor.cli import answer, asked, exit_codes, here, terminal
from ftrack_accsyn_accessor.cli.asked import How
from ftrack_accsyn_accessor.cli.send import names
from ftrack_accsyn_accessor.model import outsourcing
from ftrack_accsyn_accessor.model.outsourcing import Way
from ftrack_accsyn_accessor.model.plain import plain
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.vendor.contents import Source
from ftrack_accsyn_accessor.vendor.functions import Outsourced, plan
from ftrack_accsyn_accessor.vendor.handing_out import RELAY
from ftrack_accsyn_accessor.vendor.outsourcing import HandedOut, Part, Preview, Work

_HOW = {Way.PUSH.value: "pushed to their volume", Way.DELIVERY.value: "as a delivery that they fetch"}
#: Characters of what is told of one thing.
_LINE = 2_000
#: Lines of what is in a package, by its folders.
_MOST_FOLDERS = 20


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="TASK...")
@click.option("--to", "vendor", required=True, metavar="ADDRESS", help="The vendor's e-mail address in accsyn.")
@click.option("--components", metavar="NAMES", help="Only components of these names: commas between, * allowed.")
@click.option("--with-used/--without-used", default=None, help="Also what the versions use. [default: the rules']")
@click.option(
    "--add", "added", multiple=True, metavar="PATH", help="Also this file or folder of the volume. Repeatable."
)
@click.option("--message", default="", metavar="TEXT", help="Said in the note at the task.")
@asked.options
@click.pass_context
def outsource(
    context: click.Context,
    /,
    words: Sequence[str],
    vendor: str,
    components: Optional[str],
    with_used: Optional[bool],
    added: Sequence[str],
    message: str,
    **how: Any,
) -> None:
    """Hand tasks out to a vendor, with what they need.

    TASK are ids in ftrack, or words such as "show_a/sq010/sh010/comp". First it is shown what goes, what is granted in
    accsyn, and how it gets there. On a terminal it is asked whether to go ahead. Then access is given, a package is
    made beside the project's files, ftrack is told, and the package goes. What is not finished in time goes on with
    `ftrack-accsyn serve`, the next hook, or the next call of this command.

    The exit code is 0 when accsyn has it; with --wait when the vendor has it, 6 when something needs attention, or a
    part of it cannot go, 7 when the time is up.
    """
    runtime = here.runtime(here.find(begin=True), begin=True)
    work = Work((), vendor, names(components), with_used, tuple(added), message)
    found = plan(words, (), work, runtime)
    try:
        _carry_out(context, found, How(**how))
    finally:
        found.close()


def _carry_out(context: click.Context, found: Outsourced, how: How) -> NoReturn:
    preview = found.preview
    if not how.as_json:
        terminal.console().print(preview_view(preview))
    if how.dry_run or preview.obstacle:
        _end(context, found, how, exit_codes.ATTENTION if preview.obstacle or left_out(preview) else exit_codes.OK)
    if not _agreed(how, preview):
        raise here.Stop("Nothing was handed out.", exit_codes.FAILED)
    found.confirm()
    try:
        code = _waited(found, how) if how.wait else _handed_over(found, how)
    except KeyboardInterrupt:
        text = "It is not followed any more, and goes on: with the next application with the plugin, a hook, or serve."
        raise here.Stop(text) from None
    if code == exit_codes.OK and left_out(preview):
        code = exit_codes.ATTENTION
    _end(context, found, how, code)


def left_out(preview: Preview) -> bool:
    """Whether something that was asked for cannot go."""
    return any(part.contents.left for part in preview.parts)


def _agreed(how: How, preview: Preview) -> bool:
    if how.yes or how.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    return click.confirm(f"Hand this out to {preview.work.vendor}?", default=True)


def _handed_over(found: Outsourced, how: How) -> int:
    if not found.hand_over():
        terminal.say("accsyn does not have all of it yet. It goes on, or with: ftrack-accsyn serve.", err=how.as_json)
    return exit_codes.ATTENTION if any(each.failed for each in found.handed_out) else exit_codes.OK


def _waited(found: Outsourced, how: How) -> int:
    if found.wait(how.timeout_s):
        return exit_codes.OK
    return exit_codes.ATTENTION if found.ended else exit_codes.TIMEOUT


def _end(context: click.Context, found: Outsourced, how: How, code: int) -> NoReturn:
    handed_out = found.handed_out
    if how.as_json:
        answer.print_json({**told(found.preview), "handed_out": list(map(plain, handed_out)), "exit_code": code})
    elif handed_out:
        terminal.console().print(Group(*(Text(printable(line, _LINE)) for each in handed_out for line in _lines(each))))
    context.exit(code)


def _lines(each: HandedOut) -> list[str]:
    if each.failed:
        return [f"{each.project}: not handed out. {each.failed}"]
    if each.request is not None:
        how = "to the main site first" if each.leg == RELAY else _HOW.get(each.way, "")
        return [f"{each.project}: {each.folder} goes with request {each.request}, {how}."]
    return [f"{each.project}: not finished, and listed by ftrack-accsyn vendors as {each.name}. {each.waits}".strip()]


# The preview.


def told(preview: Preview) -> Mapping[str, Any]:
    """Return a preview for scripts."""
    return {
        "vendor": preview.work.vendor,
        "obstacle": preview.obstacle,
        "parts": [_part_told(part) for part in preview.parts],
    }


def _part_told(part: Part) -> Mapping[str, Any]:
    return {
        "project": part.project,
        "tasks": [plain(task) for task in part.tasks],
        "files": len(part.contents.files),
        "size_bytes": part.contents.size_bytes,
        "content": list(map(plain, part.contents.files)),
        "left": list(map(plain, part.contents.left)),
        "notes": sum(len(task.notes) for task in part.contents.tasks),
        "deliverables": list(map(plain, part.contents.deliverables)),
        "way": part.way.value,
        "way_text": part.way_text,
        "steps": list(part.access.steps),
        "remarks": [*part.remarks, *part.access.remarks],
        "clients": [plain(each) for each in part.access.machines],
    }


def preview_view(preview: Preview) -> RenderableType:
    """Return a preview as a table for each project: what goes, what is granted, how it gets there."""
    found: list[RenderableType] = []
    for part in preview.parts:
        table = Table.grid(padding=(0, 2))
        for name, lines in _rows(part):
            for line in lines:
                table.add_row(Text(name, style="dim"), Text(printable(line, _LINE)))
                name = ""
        found += [Text(printable(f"{part.project} > {preview.work.vendor}", _LINE), style="bold"), table]
    if preview.obstacle:
        found.append(Text(printable(preview.obstacle, _LINE), style="bold red"))
    return Group(*found)


def _rows(part: Part) -> list[tuple[str, list[str]]]:
    contents = part.contents
    return [
        ("tasks", [task.name for task in part.tasks]),
        ("goes", [_files(contents.files), *_folders(contents.files)]),
        ("told", list(outsourcing.told(contents.tasks))),
        ("cannot go", [each.told for each in contents.left]),
        ("wanted back", list(part.wanted)),
        ("granted", list(part.access.steps) or ["nothing new: they have what they need"]),
        ("way", [part.way_text]),
        ("remarks", [*part.remarks, *part.access.remarks]),
    ]


def _files(files: Sequence[Source]) -> str:
    count = f"{len(files):,} file{'' if len(files) == 1 else 's'}"
    return f"{count}, {size_text(sum(each.size_bytes for each in files))}"


def _folders(files: Sequence[Source]) -> Iterator[str]:
    """Yield what is in the folders of a package."""
    found: dict[str, list[Source]] = {}
    for each in files:
        found.setdefault(posixpath.dirname(each.path), []).append(each)
    for folder in sorted(found)[:_MOST_FOLDERS]:
        yield f"{folder or '.'}: {_files(found[folder])}"
    if len(found) > _MOST_FOLDERS:
        yield f"and {len(found) - _MOST_FOLDERS:,} more folders"
