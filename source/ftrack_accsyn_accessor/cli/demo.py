"""`ftrack-accsyn demo`: publishes in an embedded studio and shows the files arrive at head quarters."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

from ftrack_accsyn_accessor.cli.demo_send import show_sends
from ftrack_accsyn_accessor.cli.demo_vendor import show_vendor
from ftrack_accsyn_accessor.cli.publisher import Publisher
from ftrack_accsyn_accessor.cli.sandbox import environment, open_studio, studio_folder
from ftrack_accsyn_accessor.cli.transfers import Transfer, transfers

if TYPE_CHECKING:
    from ftrack_accsyn_sandbox.studio import Studio

CHECKOUT = Path(__file__).resolve().parents[3]
COMPONENTS = 3

# With nothing published and nothing copied for so long, something is wrong: end with what there is instead of hanging.
STALLED_S = 60.0

# Slow enough to watch, fast enough not to bore.
SPEED_BYTES_PER_S = 8_000_000.0
# With --send there is more to watch.
FASTER_BYTES_PER_S = 40_000_000.0

# A width for where there is no terminal to ask, so that paths stay on one line in a log.
LOG_WIDTH = 180


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new folder for everything the demo writes; kept afterwards. [default: a temporary folder]",
)
@click.option(
    "--archive",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The plugin's archive. [default: built from this checkout]",
)
@click.option("--send", "sends", is_flag=True, help="Go on: send a shot to a site and back, get it, sync a folder.")
@click.option("--vendor", "vendors", is_flag=True, help="Instead, hand a task out to a vendor and take it back.")
def demo(folder: Optional[Path], archive: Optional[Path], sends: bool, vendors: bool) -> None:
    """Show the whole way of a publish, on this machine alone.

    Starts a studio, publishes a movie, a sequence and a container into two projects, and compares what arrives at head
    quarters. With --send a shot is sent to a site and back, fetched on another machine, and a folder is synced both
    ways. With --vendor a task is handed out instead, comes back in three ways, and access ends. The exit code is 0 only
    if everything arrived, and all that is said is so.
    """
    if vendors and (sends or archive):
        raise click.UsageError("--vendor shows something else: leave --send and --archive out.")
    if folder is not None and folder.is_dir() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty. Name a new folder, or leave --folder out.")
    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    if vendors:
        with studio_folder(folder) as root, open_studio(root / "studio") as studio:
            raise SystemExit(0 if show_vendor(studio, root, console) else 1)
    with studio_folder(folder) as root:
        hook = unpack(archive or build(root / "build"), root / "plugins") / "hook"
        console.print(f"Plugin    {hook.parent.name}, unpacked as ftrack Connect does")
        with open_studio(root / "studio") as studio:
            studio.accsyn.engine.speed_bytes_per_s = FASTER_BYTES_PER_S if sends else SPEED_BYTES_PER_S
            console.print(f"Studio    ftrack at {studio.ftrack.url}, accsyn at {studio.accsyn.url}")
            variables = {**environment(studio, root), "FTRACK_EVENT_PLUGIN_PATH": str(hook)}
            with Publisher(root / "publisher", variables) as publisher:
                arrived = show(publisher, studio, console)
                if arrived and sends:
                    arrived = show_sends(publisher, studio, root, hook, console)
    raise SystemExit(0 if arrived else 1)


def build(output: Path) -> Path:
    """Build the archive from the checkout that this module belongs to."""
    if not (CHECKOUT / "setup.py").exists():
        raise click.ClickException(
            "There is no checkout here to build the plugin from. Run from one, or name an archive with --archive."
        )
    command = [sys.executable, "setup.py", "--quiet", "build_plugin", "--output", str(output)]
    built = subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if built.returncode:
        raise click.ClickException(f"Could not build the plugin:\n{built.stderr or built.stdout}")
    return next(output.glob("*.zip"))


def unpack(archive: Path, plugins: Path) -> Path:
    """Unpack *archive* as Connect's plugin manager does: into a folder named after it."""
    folder = plugins / archive.stem
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    return folder


def show(publisher: Publisher, studio: Studio, console: Console) -> bool:
    """Follow *publisher* and accsyn to the end and print the outcome; tell whether everything arrived."""
    follow(publisher, studio, console)
    if publisher.session:
        console.print(
            "Publisher CPython {python}, ftrack-python-api {ftrack_api}, in {location}".format(**publisher.session)
        )
    followed = transfers(publisher.published, studio.accsyn.workspace.jobs())
    equal = [count_equal(transfer.published.files, studio.staging, studio.hq) for transfer in followed]
    console.print(outcome(followed, equal, studio.staging))
    if publisher.failure:
        console.print(f"The publisher failed:\n{publisher.failure}", style="red", markup=False)
    arrived = sum(
        transfer.state == "done" and count == len(transfer.published.files) for transfer, count in zip(followed, equal)
    )
    console.print(f"{arrived} of {COMPONENTS} components arrived.", style="green" if arrived == COMPONENTS else "red")
    return arrived == COMPONENTS and not publisher.failure


def follow(publisher: Publisher, studio: Studio, console: Console) -> None:
    """Draw what is under way until all of it has ended, or nothing moves any more."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TextColumn("{task.fields[state]}"))
    changed = studio.accsyn.workspace.changed
    moved_at, last = time.monotonic(), None
    with Progress(*columns, console=console) as progress:
        bars: dict[str, TaskID] = {}
        while time.monotonic() - moved_at < STALLED_S:
            ended = publisher.ended
            followed = transfers(publisher.published, studio.accsyn.workspace.jobs())
            draw(progress, bars, followed)
            if ended and (publisher.failure or all(transfer.ended for transfer in followed)):
                return
            if followed != last:
                moved_at, last = time.monotonic(), followed
            with changed:
                changed.wait(timeout=0.1)


def draw(progress: Progress, bars: dict[str, TaskID], followed: Sequence[Transfer]) -> None:
    """Bring the bar of each component up to date."""
    for transfer in followed:
        published = transfer.published
        if published.component_id not in bars:
            title = f"{published.project}  {published.component}"
            bars[published.component_id] = progress.add_task(title, total=published.size_bytes, state="")
        progress.update(bars[published.component_id], completed=transfer.done_bytes, state=transfer.state)


def count_equal(files: Sequence[Path], staging: Path, hq: Path) -> int:
    """How many of *files* lie in the staging area, and at head quarters with the same checksum."""
    staged = [path for path in files if staging in path.parents]
    return sum(checksum(path) == checksum(hq / path.relative_to(staging)) for path in staged)


def checksum(path: Path) -> Optional[str]:
    """SHA-256 of a file, None where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def outcome(followed: Sequence[Transfer], equal: Sequence[int], staging: Path) -> Table:
    """The closing table."""
    table = Table(title=f"Published into {staging}", title_justify="left")
    for heading in ("Component", "Staged path", "Job", "State", "Checksum at hq"):
        table.add_column(heading, overflow="fold")
    for transfer, count in zip(followed, equal):
        published = transfer.published
        total = len(published.files)
        verdict = (
            f"[green]equal[/] ({count} of {total})" if count == total else f"[red]NOT equal[/] ({count} of {total})"
        )
        table.add_row(
            published.component,
            published.identifier,
            transfer.job,
            "\n".join((transfer.state, *transfer.reasons)),
            verdict,
        )
    return table
