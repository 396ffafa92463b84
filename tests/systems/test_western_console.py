"""The command line where the console, a pipe or a log has the letters of the West only, and names have all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT, wait_until
from publishing import Publisher, at_work

COMMAND = [sys.executable, "-c", "from ftrack_accsyn_accessor.cli import main; main()"]
#: Japanese, a letter outside of the first plane, and one that is in some of the code pages.
NAME = "プレート😀é"

VERBS: tuple[tuple[str, ...], ...] = (
    ("status", "--search", NAME),
    ("status", "--json"),
    ("why", "{path}", "--json"),
    ("log",),
    ("log", "--json"),
    ("why", "{stuck}"),
    ("why", NAME),
    ("doctor",),
    ("doctor", "--json", "--bundle", "{folder}/" + NAME + ".zip"),
    ("log", NAME),
    ("pause",),
    ("resume", "--json"),
    ("retry", NAME),
    ("wait", "--component", "{stuck}", "--timeout", "0"),
    ("wait", "--component", "{stuck}", "--timeout", "0", "--json"),
    ("wait", "--component", "{stuck}", "--at", NAME, "--timeout", "0"),
    ("clean", "--pin", NAME),
    ("clean", "--json"),
    ("reconcile", "--dry-run"),
    ("drain", "--timeout", "1"),
    (NAME,),
)
#: One way of writing is enough where only the letters differ.
CASES = {"cp1252": VERBS, "cp437": VERBS[:5], "latin-1": VERBS[:5]}


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Publisher]:
    """Give an artist whose folders, components and location have names that no code page of the West has."""
    with Studio(tmp_path / NAME) as studio, at_work(studio, monkeypatch, tmp_path / "sources") as working:
        working.environment(FTRACK_ACCSYN_LOCATION=f"{NAME}.desk")
        yield working


@pytest.fixture
def stuck(publisher: Publisher) -> Any:
    """Return a component that needs attention, with its name in the cause."""
    publisher.studio.accsyn.engine.paused = True
    component = publisher.publish_file(publisher.version(publisher.session(), asset=NAME), NAME)
    publisher.submitted(component)
    (publisher.studio.staging / publisher.item(component).publication.path).unlink()
    publisher.studio.accsyn.engine.paused = False
    wait_until(lambda: publisher.item(component).state is State.NEEDS_ATTENTION, 30.0, "the missing file to be noticed")
    return component


def said(arguments: tuple[str, ...], code_page: str) -> subprocess.CompletedProcess[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "source"),
        "PYTHONIOENCODING": f"{code_page}:strict",
        "PYTHONUTF8": "0",
    }
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("code_page", CASES)
def test_no_verb_ends_because_a_letter_is_missing(
    publisher: Publisher, stuck: Any, tmp_path: Path, code_page: str
) -> None:
    path = publisher.studio.staging / publisher.item(stuck).publication.path
    values = {"stuck": stuck["id"], "path": str(path), "folder": str(tmp_path)}
    publisher.close()
    ended = {verb: said(tuple(part.format(**values) for part in verb), code_page) for verb in CASES[code_page]}
    broken = {verb: end.stderr.decode(code_page)[-500:] for verb, end in ended.items() if b"Traceback" in end.stderr}
    assert broken == {}
    for verb, end in ended.items():
        told = end.stdout.decode(code_page)
        if "--json" in verb and told:
            assert isinstance(json.loads(told.splitlines()[-1]), (dict, list)), verb
    assert NAME.encode(code_page, "backslashreplace") in ended["log",].stdout
    found = json.loads(ended["log", "--json"].stdout.decode(code_page))
    assert NAME in {item["component"] for item in found["items"]}


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_sandbox_tells_its_variables_all_the_same(tmp_path: Path, options: list[str]) -> None:
    command = [*COMMAND, "sandbox", "--folder", str(tmp_path / NAME), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "source"), "PYTHONIOENCODING": "cp1252:strict"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline().decode("cp1252")
        process.kill()
        _, complaint = process.communicate()
    assert not complaint or complaint.startswith(b"Actions can be tried in a browser: http"), (
        "beside the JSON, nothing else"
    )
    if options:
        assert json.loads(first)["ACCSYN_PROJECTS_PATH"].startswith(str(tmp_path / NAME))
    else:
        assert first.startswith("The sandbox is running in")
