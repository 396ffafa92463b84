"""`ftrack-accsyn sandbox`: the embedded studio, kept running for work of your own."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import click

from ftrack_accsyn_accessor.cli.extras import needs_extra
from ftrack_accsyn_accessor.cli.here import Stop
from ftrack_accsyn_accessor.cli.sandbox_controls import break_, mend, offered

if TYPE_CHECKING:
    from ftrack_accsyn_sandbox.studio import Studio


@click.group(invoke_without_command=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the studio's files live; kept afterwards. [default: a temporary folder]",
)
@click.option(
    "--demo-data", is_flag=True, help="Fill ftrack: several projects, hundreds of shots with versions, lists, people."
)
@click.option("--latency-ms", type=click.FloatRange(min=0), default=0.0, help="Delay of every answer, in milliseconds.")
@click.option(
    "--vendors",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="Rules for vendors (FTRACK_ACCSYN_VENDORS): accsyn then runs `ftrack-accsyn hook` at each publish and job.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="WORD",
    help="Let accsyn be otherwise than assumed; the words are those of doctor --probe. May be given again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the variables as one JSON object.")
@click.pass_context
def sandbox(
    context: click.Context,
    folder: Optional[Path],
    demo_data: bool,
    latency_ms: float,
    vendors: Optional[Path],
    without: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run a studio on this machine, ftrack and accsyn included, until Ctrl-C.

    Prints the variables under which a session, a DCC or ftrack Connect finds it. With --vendors they are those of an
    administrator, and those of the vendor, who knows accsyn only, follow among the messages. What can go wrong is tried
    from a second terminal, with break and mend.
    """
    if context.invoked_subcommand is not None:
        return
    stopped = interrupts()  # before anybody can know that there is something to stop
    with studio_folder(folder) as root, open_studio(root, demo_data=demo_data) as studio, controlled(studio, root):
        for service in (studio.ftrack, studio.accsyn):
            service.switches.latency_s = latency_ms / 1000
        otherwise = let_fail(studio, without)
        variables = environment(studio, root)
        if vendors is not None:
            variables.update(studio.environment("admin"), FTRACK_ACCSYN_VENDORS=str(vendors))
            del variables["ACCSYN_PROJECTS_PATH"]  # nobody publishes on the administrator's machine
            connect_hooks(studio, root, vendors)
        click.echo(as_object(variables) if as_json else as_text(variables, root))
        click.echo(f"Actions can be tried in a browser: {studio.ftrack.url}/actions", err=True)
        for line in otherwise:
            click.echo(line, err=True)
        # A wait without limit is deaf to Ctrl-C on Windows.
        while not stopped.wait(timeout=0.5):
            pass
    click.echo("The sandbox has stopped.", err=True)


sandbox.add_command(break_)
sandbox.add_command(mend)


@contextlib.contextmanager
def controlled(studio: Studio, root: Path) -> Iterator[None]:
    """Let another terminal break and mend what is in *studio*; what is broken at the end is mended."""
    from ftrack_accsyn_sandbox.breakage import Breakage
    from ftrack_accsyn_sandbox.control import ControlService

    breakage = Breakage(studio)
    with contextlib.ExitStack() as stack:
        stack.callback(breakage.mend)
        control = stack.enter_context(ControlService(breakage))
        stack.enter_context(offered(root, control.port, control.token))
        yield


def environment(studio: Studio, root: Path) -> dict[str, str]:
    """Return the variables of *studio*, under which what the plugin remembers of staging areas goes with its folder."""
    return {**studio.environment(), "XDG_STATE_HOME": str(root / "state")}


def connect_hooks(studio: Studio, root: Path, vendors: Path) -> None:
    """Have the accsyn of *studio* run this very command line, under the rules of *vendors*; tell who the vendor is.

    What is sent to them is pushed to a folder of their machine, where the volume is mapped.
    """
    found = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    own = {"FTRACK_ACCSYN_VENDORS": str(vendors), "XDG_STATE_HOME": str(root / "state"), **found}
    studio.connect_hooks([sys.executable, "-m", "ftrack_accsyn_accessor.cli"], **own)
    studio.vendor_server()
    theirs = {**studio.outside(), "FTRACK_ACCSYN_CLIENT": studio.demo.vendor_client.id}
    click.echo(f"The vendor's variables: {as_object(theirs)}", err=True)
    click.echo(f"Their disk is {studio.vendor_desk}. The same for sh:\n{as_exports(theirs)}", err=True)


def let_fail(studio: Studio, names: Sequence[str]) -> list[str]:
    """Let the accsyn of *studio* be otherwise than assumed, and return how; stop where one of *names* is no word."""
    from ftrack_accsyn_sandbox import assumptions

    unknown = next((name for name in names if name not in assumptions.SWITCHES), None)
    if unknown is not None:
        raise Stop(f"{unknown} is none of {', '.join(assumptions.SWITCHES)}.")
    assumptions.fail(studio.accsyn, names)
    return [f"{name}: {assumptions.SWITCHES[name].said}" for name in names]


@contextlib.contextmanager
def studio_folder(folder: Optional[Path]) -> Iterator[Path]:
    """Give *folder*, created when missing; without one, a temporary folder that is removed afterwards."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="ftrack-accsyn-") as temporary:
        yield Path(temporary).resolve()


def open_studio(root: Path, *, demo_data: bool = False) -> Studio:
    """A studio below *root*, to be started by `with`; see `Studio`."""
    with needs_extra("sandbox"):
        from ftrack_accsyn_sandbox.studio import Studio

    try:
        return Studio(root, demo_data=demo_data)
    except FileExistsError as error:  # what a sandbox that was killed has left
        raise Stop(str(error)) from error


def as_object(variables: Mapping[str, str]) -> str:
    """The *variables* as a JSON object, on one line."""
    return json.dumps(dict(variables))


def as_text(variables: Mapping[str, str], root: Path) -> str:
    """The *variables* as a shell takes them, for both families of shells."""
    power_shell = ["$env:{} = '{}'".format(name, value.replace("'", "''")) for name, value in variables.items()]
    return "\n".join(
        [
            f"The sandbox is running in {root}; Ctrl-C stops it.",
            "",
            "# sh, bash, zsh",
            as_exports(variables),
            "",
            "# PowerShell",
            *power_shell,
        ]
    )


def as_exports(variables: Mapping[str, str]) -> str:
    """The *variables* as sh takes them, one a line."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def interrupts() -> threading.Event:
    """Return what is set at Ctrl-C, or when the process is asked to end."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped
