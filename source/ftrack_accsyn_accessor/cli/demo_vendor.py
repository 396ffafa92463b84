"""`ftrack-accsyn demo --vendor`: a task goes to a vendor, comes back as versions, and access ends."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from rich.console import Console

from ftrack_accsyn_accessor.cli.publisher import inherited_environment, package_folder
from ftrack_accsyn_accessor.model.vendors import VendorRules, places
from ftrack_accsyn_accessor.outbox import Outbox
from ftrack_accsyn_accessor.outbox.file import outside_path

if TYPE_CHECKING:
    from ftrack_accsyn_sandbox.studio import Studio

PROJECT, SHOT = "show_a", "show_a/sq010/sh010"
TASK, STEM = f"{SHOT}/Compositing", "sh010_Compositing"
VENDOR, GROUP = "vendor@acme.test", "Vendors"
FRAMES = range(1001, 1025)
FRAME_BYTES = 40_000
#: Each step takes a second or two on this machine; with this the demo ends in any case.
LIMIT_S = 60.0
_MAIN = ["-c", "from ftrack_accsyn_accessor.cli import main; main()"]
_RULES: Mapping[str, Any] = {
    "location": "studio.hq",
    "group": GROUP,
    "types": [".exr"],
    "status_out": "In progress",
    "status_in": "Pending review",
}
#: What a producer does in ftrack's web page.
_ASSIGN = 's.create("Appointment", {"type": "assignment", "context_id": sys.argv[1], "resource_id": sys.argv[2]})'
_STATUS = 's.get("Task", sys.argv[1])["status_id"] = sys.argv[2]'


def show_vendor(studio: Studio, root: Path, console: Console) -> bool:
    """Go through the loop in the running *studio*, and say each step; return whether each was as it is said."""
    demo = _Demo(studio, root, console)
    plate = demo.plate()
    demo.say(f"{SHOT} has a plate of {len(FRAMES)} frames. The vendor reaches nothing.", demo.reaches("", ""))
    with demo.serving():
        demo.in_ftrack(_ASSIGN, demo.task_id, studio.ids["vendor"])
        package = demo.fetched()
        equal = [path.read_bytes() for path in sorted(package.rglob("plate.*.exr"))] == plate
        words = f"A producer has put {VENDOR} on {TASK}. They have fetched the plate, WORK.md and manifest.json."
        demo.say(words, equal and (package / "WORK.md").is_file())
        demo.say(
            "They may read what was handed out and write where they deliver to; nothing else.", demo.reaches("r", "rw")
        )
        _come_back(demo, package)
        _close(demo, package)
    demo.end()
    words = "After the days of grace they reach nothing any more."
    demo.say(words, demo.run(demo.ours, "vendors", "--fix") == 0 and demo.reaches("", ""))
    console.print("All of it is as it should be." if demo.well else "NOT all of it is as it should be.")
    return demo.well


def _come_back(demo: _Demo, package: Path) -> None:
    """Let the vendor deliver three versions in three ways, the first of them wrong at first."""
    first = demo.render(package, 1)
    (first / "notes.txt").write_text("to do", encoding="utf-8")
    refused = demo.run(demo.theirs, "deliver", str(first))
    demo.say("Their first try has a file that is not wanted: it is not sent.", refused == 6 and not demo.versions())
    demo.upload(first)
    put_aside = (demo.volume / demo.places.quarantine_folder).glob(f"*/{first.name}/notes.txt")
    words = "Uploaded by hand all the same, it is put aside, whole, and they are told why."
    demo.say(words, any(put_aside) and not demo.versions() and demo.receipts() == [None])

    (first / "notes.txt").unlink()
    code = demo.run(demo.theirs, "deliver", str(first))
    demo.say(
        "Corrected and delivered again, it is v001 of the task, linked with the plate.", code == 0 and demo.made(1)
    )
    said = ("--comment", "second pass", "--time", "2.5")
    code = demo.run(demo.theirs, "deliver", str(demo.render(package, 2)), "--publish", *said)
    logged = [row["duration"] for row in demo.store.find("Timelog", context_id=demo.task_id)]
    words = "By accsyn Publish comes v002, with their comment and 2.5 hours."
    demo.say(words, code == 0 and demo.made(2, "second pass") and logged == [9000])
    demo.upload(demo.render(package, 3))
    demo.say("A plain upload with accsyn's own client becomes v003.", demo.made(3))
    demo.say("Each has a receipt, which they can read.", sorted(demo.receipts(), key=str) == [1, 2, 3, None])


def _close(demo: _Demo, package: Path) -> None:
    demo.in_ftrack(_STATUS, demo.task_id, demo.ids["status:Completed"])
    words = "The task is completed: they may still read, and deliver nothing more."
    closed = demo.waited(lambda: demo.reaches("r", "r"))
    code = demo.run(demo.theirs, "deliver", str(demo.render(package, 4)))
    demo.say(words, closed and code == 6 and demo.versions() == [1, 2, 3])


class _Demo:
    """The studio, a machine of the studio and one of the vendor, and commands that are run there as somebody would."""

    def __init__(self, studio: Studio, root: Path, console: Console) -> None:
        self.well = True
        self.volume = studio.hq
        self.store = studio.ftrack.store
        self.ids = studio.ids
        self.task_id = studio.ids[TASK]
        self.places = places(VendorRules(), PROJECT, VENDOR)
        self._studio = studio
        self._root = root
        self._console = console
        self._steps = 0
        self._rules = root / "vendors.json"
        self._rule()
        own = {"FTRACK_ACCSYN_VENDORS": str(self._rules), "XDG_STATE_HOME": str(root / "state")}
        self.ours = {**inherited_environment(), **studio.environment("admin"), **own}
        self.ours["FTRACK_ACCSYN_SEND_TO"] = VENDOR
        del self.ours["ACCSYN_PROJECTS_PATH"]  # this machine stages nothing
        self.theirs = {**inherited_environment(), **studio.outside()}
        # accsyn knows a machine by its host name.
        studio.demo.vendor_client.code = studio.demo.vendor_client.name = socket.gethostname()
        inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        studio.connect_hooks([sys.executable, *_MAIN], **{**inherited, **own})

    def say(self, words: str, well: bool) -> None:
        """Say a step, and whether it is so."""
        self.well = self.well and well
        self._steps += 1
        verdict = "[green]yes[/]" if well else "[red]NO[/] "
        self._console.print(f"{self._steps:2}  {verdict}  {words}", highlight=False)

    def waited(self, is_so: Callable[[], bool]) -> bool:
        """Wait until *is_so*; return whether it ever was."""
        deadline = time.monotonic() + LIMIT_S
        while not is_so():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    # What the studio does

    def _rule(self, **more: Any) -> None:
        rules = {**_RULES, "root": str(self.volume), "spool": str(self._root / "spool"), **more}
        self._rules.write_text(json.dumps(rules), encoding="utf-8")

    def end(self) -> None:
        """Let the days of grace be over."""
        self._rule(grace_days=0)

    def plate(self) -> list[bytes]:
        """Publish a plate for the shot, as a production has; return its frames."""
        from ftrack_accsyn_sandbox.ftrack.demo import add_version

        folder = f"{SHOT}/plate/v001"
        frames = [(f"{folder}/plate.{frame}.exr", os.urandom(FRAME_BYTES)) for frame in FRAMES]
        (self.volume / folder).mkdir(parents=True)
        version_id = add_version(self.store, self.ids, SHOT, asset="plate")
        data = {"name": "main", "version_id": version_id, "padding": 4, "file_type": ".exr"}
        sequence = self.store.create("SequenceComponent", **data)
        self._register(sequence["id"], f"{folder}/plate.%04d.exr")
        for frame, (path, content) in zip(FRAMES, frames):
            (self.volume / path).write_bytes(content)
            member = {"container_id": sequence["id"], "file_type": ".exr", "size": len(content)}
            self._register(self.store.create("FileComponent", name=f"{frame}", **member)["id"], path)
        return [content for _, content in frames]

    def _register(self, component_id: str, path: str) -> None:
        place = {"component_id": component_id, "location_id": self.ids["studio.hq"]}
        self.store.create("ComponentLocation", resource_identifier=path, **place)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Have `serve --outsource` run; it has looked at what is assigned when the context is entered."""
        with (self._root / "serve.log").open("w", encoding="utf-8") as log:
            words = [sys.executable, *_MAIN, "serve", "--outsource"]
            service = subprocess.Popen(words, env=self.ours, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.waited(lambda: service.poll() is not None or self._has_looked())
            yield
        finally:
            service.terminate()
            service.wait()

    def _has_looked(self) -> bool:
        path = outside_path(None, Path(self.ours["XDG_STATE_HOME"]) / "ftrack-accsyn")
        if not path.is_file():
            return False
        outbox = Outbox(path)
        try:
            return outbox.fact(f"outsourced to {GROUP}") is not None
        finally:
            outbox.close()

    def in_ftrack(self, what: str, *words: str) -> None:
        """Do as a producer does in ftrack's web page."""
        lines = "import sys, ftrack_api", "s = ftrack_api.Session(auto_connect_event_hub=False)", what, "s.commit()"
        code = "\n".join(lines)
        subprocess.run([sys.executable, "-c", code, *words], env=self.ours, stdin=subprocess.DEVNULL, check=True)

    def run(self, variables: Mapping[str, str], *words: str) -> int:
        """Run a command as somebody types it, show what it says, and return its exit code when accsyn has ended."""
        ran = subprocess.run(
            [sys.executable, *_MAIN, *words],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=LIMIT_S,
            check=False,
        )
        shown = [str(Path(word).name) if os.path.isabs(word) else word for word in words]
        with contextlib.suppress(UnicodeEncodeError):
            self._console.print(f"      $ ftrack-accsyn {' '.join(shown)}", style="dim", markup=False, highlight=False)
            for line in filter(str.strip, ran.stdout.splitlines()):
                self._console.print(f"      {line.rstrip()}", style="dim", markup=False, highlight=False)
        self._studio.accsyn.engine.wait_idle(LIMIT_S)
        return ran.returncode

    # What the vendor does

    def fetched(self) -> Path:
        """Fetch the delivery with the package, when there is one; return its folder on the own disk."""
        from ftrack_accsyn_sandbox.accsyn.entities import Delivery

        desk, workspace = self._studio.vendor_desk, self._studio.demo.workspace
        self.waited(lambda: any(each.status == "waiting" for each in workspace.each(Delivery)))
        for each in workspace.each(Delivery):
            self._studio.fetch_delivery(each.id, VENDOR, desk)
        self._studio.accsyn.engine.wait_idle(LIMIT_S)
        return next((found.parent for found in desk.glob("*/manifest.json")), desk)

    def render(self, package: Path, version: int) -> Path:
        """Render a version beside the manifest; return its folder."""
        name = f"{STEM}_v{version:03d}"
        (package / name).mkdir(exist_ok=True)
        for frame in FRAMES:
            (package / name / f"{name}.{frame}.exr").write_bytes(f"{name} {frame} ".encode() * 2000)
        return package / name

    def upload(self, folder: Path) -> None:
        """Upload a folder by hand."""
        self._alone("upload", str(folder), f"folder={self.places.from_code}/{folder.name}")
        self._studio.accsyn.engine.wait_idle(LIMIT_S)

    def reaches(self, to: str, back: str) -> bool:
        """Whether the vendor's key opens what was handed out, and where they deliver to, so far, and nothing else."""
        ours = {f"folder={self.places.to_code}": to, f"folder={self.places.from_code}": back}
        never = ["volume=projects", PROJECT, *(f"volume=projects/{folder}" for folder in self.places[:4])]
        never += [f"{each}/../quarantine" for each in ours]
        wanted = {**ours, **dict.fromkeys(never, "")}
        return bool(self._alone("may", *wanted) == wanted)

    def _alone(self, *words: str) -> Any:
        """Do something with nothing but accsyn's client."""
        script = str(package_folder("ftrack_accsyn_sandbox") / "vendor_demo.py")
        ran = subprocess.run(
            [sys.executable, script, *words],
            env=self.theirs,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            check=False,
        )
        return json.loads(ran.stdout.splitlines()[-1]) if ran.returncode == 0 else None

    # What came of it

    def versions(self) -> list[int]:
        """Return the numbers of the versions that came back."""
        return sorted(row["version"] for row in self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        assets = self.store.find("Asset", context_id=self.ids[SHOT], name="Compositing")
        return [row for asset in assets for row in self.store.find("AssetVersion", asset_id=asset["id"])]

    def made(self, version: int, comment: str = "") -> bool:
        """Whether ftrack has this version of the vendor's: whole, with equal bytes, linked, and with a note."""
        rows = [row for row in self._rows() if row["version"] == version and comment in row["comment"]]
        rendered = [f"{STEM}_v{version:03d} {frame} ".encode() * 2000 for frame in FRAMES]
        return len(rows) == 1 and all(
            (
                rows[0]["user_id"] == self.ids["vendor"],
                rows[0]["task_id"] == self.task_id,
                len(self.store.find("AssetVersionLink", to_id=rows[0]["id"])) == 1,
                any(
                    f"{STEM}_v{version:03d}" in row["content"]
                    for row in self.store.find("Note", parent_id=self.task_id)
                ),
                self._contents(rows[0]["id"]) == rendered,
            )
        )

    def _contents(self, version_id: str) -> list[bytes]:
        """Return what lies where ftrack says that the frames of a version are."""
        members = [
            member
            for component in self.store.find("Component", version_id=version_id)
            for member in self.store.find("Component", container_id=component["id"])
        ]
        place = self.ids["studio.hq"]
        rows = [
            row
            for each in members
            for row in self.store.find("ComponentLocation", component_id=each["id"], location_id=place)
        ]
        return [(self.volume / path).read_bytes() for path in sorted(row["resource_identifier"] for row in rows)]

    def receipts(self) -> list[Any]:
        """Return which versions the receipts in the vendor's folder tell of, None for what was refused."""
        folder = self.volume / self.places.to_folder / "receipts"
        return [json.loads(path.read_bytes())["version"] for path in folder.glob("*.json")]
