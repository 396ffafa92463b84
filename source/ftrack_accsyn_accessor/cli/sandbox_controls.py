"""`ftrack-accsyn sandbox break` and `mend`: from another terminal, what goes wrong in a sandbox that runs."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Optional

import click

from ftrack_accsyn_accessor.cli import terminal
from ftrack_accsyn_accessor.cli.here import Stop
from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.outbox import memory
from ftrack_accsyn_accessor.outbox.file import write

#: What can be broken; `ftrack_accsyn_sandbox.breakage` does it.
WHAT = ("accsyn", "ftrack", "client", "disk", "key", "transfer", "portal")
#: In the folder of a studio: how its controls are reached.
CONTROL_NAME = "sandbox.json"
#: How long is waited for one to say that it is there.
_LOOK_S = 3.0
_FOLDER = click.Path(file_okay=False, resolve_path=True, path_type=Path)

folder_option = click.option("--folder", type=_FOLDER, help="The folder of the sandbox, where several run.")


class Controls(NamedTuple):
    """How the controls of a running sandbox are reached, and where its studio lies."""

    folder: str
    port: int
    token: str

    def ask(self, path: str, method: str = "POST", timeout_s: float = 30.0) -> dict[str, Any]:
        """Return the answer of the sandbox. Raises OSError where none is there; a proxy has no part in it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(method, path, headers={"X-Sandbox-Token": self.token})
            response = connection.getresponse()
            body = response.read()
            if response.status not in (200, 409):
                raise ConnectionError(f"something else answers, with status {response.status}")
            answer: dict[str, Any] = json.loads(body)
            return answer
        except (http.client.HTTPException, ValueError) as error:
            raise ConnectionError("something else answers") from error
        finally:
            connection.close()


@contextlib.contextmanager
def offered(folder: Path, port: int, token: str) -> Iterator[None]:
    """Let other terminals find the controls of the sandbox in *folder*, by it and from anywhere, while this goes on."""
    known = [folder / CONTROL_NAME]
    everywhere = _everywhere()
    if everywhere is not None:
        with contextlib.suppress(OSError):
            everywhere.mkdir(mode=0o700, parents=True, exist_ok=True)
            known.append(everywhere / f"{os.getpid()}.json")
    text = json.dumps(Controls(str(folder), port, token)._asdict())
    try:
        for path in known:
            with contextlib.suppress(OSError):
                write(path, text)
        yield
    finally:
        for path in known:
            with contextlib.suppress(OSError):
                path.unlink()


@click.command("break", short_help="Let something go wrong in it, from a second terminal.")
@click.argument("what", type=click.Choice(WHAT), metavar="WHAT")
@folder_option
@click.pass_context
def break_(context: click.Context, what: str, folder: Optional[Path]) -> None:
    """Let something go wrong in the sandbox that runs, from a second terminal, and say what one sees then. WHAT is:

    \b
    accsyn     its server is away
    ftrack     its server is away
    client     this machine's accsyn client is offline
    disk       the disk with the staging area is unplugged
    key        accsyn refuses the API key
    transfer   every task fails
    portal     a network's log-in page answers in place of both servers
    """
    _tell(_chosen(context, folder), f"/break/{what}")


@click.command("mend", short_help="Let it go right again: WHAT, or all that was broken.")
@click.argument("what", type=click.Choice(WHAT), required=False, metavar="[WHAT]")
@folder_option
@click.pass_context
def mend(context: click.Context, what: Optional[str], folder: Optional[Path]) -> None:
    """Let things go right again in the sandbox that runs: WHAT, as in `sandbox break`, or all that was broken."""
    _tell(_chosen(context, folder), f"/mend/{what}" if what else "/mend")


def _tell(controls: Controls, path: str) -> None:
    try:
        answer = controls.ask(path)
    except OSError as error:
        raise Stop(f"The sandbox in {controls.folder} does not answer: {error}.") from error
    if "error" in answer:
        raise Stop(str(answer["error"]))
    for sentence in answer["said"] or ["Nothing is broken." if path == "/mend" else "That is not broken."]:
        terminal.say(sentence)


def _chosen(context: click.Context, folder: Optional[Path]) -> Controls:
    """Return the sandbox that is meant: in *folder*, or the one whose variables are set here, or the only one."""
    folder = folder or (context.parent.params.get("folder") if context.parent is not None else None)
    running = [each for path, each in _known(folder) if _answers(path, each)]
    if folder is not None and not running:
        raise Stop(f"No sandbox runs in {folder}.")
    mine = [each for each in running if _is_meant(each)] if len(running) > 1 else running
    if len(mine) == 1:
        return mine[0]
    if not running:
        raise Stop("No sandbox runs here: start one in another terminal with ftrack-accsyn sandbox.")
    folders = "\n".join(sorted(f"  {each.folder}" for each in running))
    raise Stop(f"Several sandboxes run here; name the folder of one with --folder:\n{folders}")


def _is_meant(controls: Controls) -> bool:
    staging = os.environ.get("ACCSYN_PROJECTS_PATH", "")
    return bool(staging) and Path(controls.folder) in Path(staging).parents


def _known(folder: Optional[Path]) -> list[tuple[Path, Controls]]:
    everywhere = _everywhere()
    paths = list(everywhere.glob("*.json")) if everywhere is not None and folder is None else []
    if folder is not None:
        paths = [folder.resolve() / CONTROL_NAME]
    found = []
    for path in paths:
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append((path, Controls(**json.loads(read_text(path)))))
    return found


def _answers(path: Path, controls: Controls) -> bool:
    """Whether the sandbox is there that has left the file *path*; that of one that was killed goes."""
    try:
        controls.ask("/", "GET", _LOOK_S)
    except OSError as error:
        if isinstance(error, ConnectionError):
            with contextlib.suppress(OSError):
                path.unlink()
        return False
    return True


def _everywhere() -> Optional[Path]:
    """Return this account's folder for all sandboxes that run; it is not among the variables that they print."""
    environ = {name: value for name, value in os.environ.items() if name != "XDG_STATE_HOME"}
    home = memory.state_folder(environ, sys.platform)
    return home / "sandboxes" if home is not None else None
