"""The page about the Python API: its script runs as it is written, and its tables name what there is."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ftrack_accsyn_accessor
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Reason, State
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT

PAGE = (ROOT / "resource/manual/python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python run\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_script_of_the_page_runs_as_it_is_written(tmp_path: Path) -> None:
    with Studio(tmp_path / "studio") as studio:
        variables = {
            **os.environ,
            **studio.environment(),
            "PYTHONPATH": str(ROOT / "source"),
            "FTRACK_EVENT_PLUGIN_PATH": str(ROOT / "hook"),
        }
        done = subprocess.run(
            [sys.executable, "-c", "\n".join(BLOCKS)],
            env=variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert (studio.hq / "show_a/sq010/sh010/comp/v001/movie.mov").read_bytes() == b"frames" * 1000
    said = done.stdout.splitlines()
    assert re.search(r"^show_a sq010/sh010 comp v001 movie \w+ \d+ %", done.stdout, re.MULTILINE)
    assert "1 component(s) are at studio.hq." in said
    assert said[-1].startswith("not-one Could not find the item (no such shot)")


def test_each_function_has_an_example() -> None:
    functions = [name for name in ftrack_accsyn_accessor.__all__ if name.islower() and not name.startswith("_")]
    script = "\n".join(BLOCKS)
    assert len(functions) == 8
    assert [name for name in functions if f"accsyn.{name}" not in script] == []


@pytest.mark.parametrize("name", ["Status", "ItemStatus", "Arrival", "ComponentSynced"])
def test_table_of_a_value_names_its_fields(name: str) -> None:
    kind = getattr(ftrack_accsyn_accessor, name)
    heading = f"| `{name}` | |\n" if name != "ComponentSynced" else "| key | |\n"
    table = PAGE.split(heading)[1].split("\n\n")[0]
    told = [field for row in table.splitlines() for field in re.findall(r"`(\w+)`", row.split(" | ")[0])]
    members = [field.name for field in dataclasses.fields(kind)]
    members += [each for each, member in vars(kind).items() if isinstance(member, property)]
    assert sorted(told) == sorted(members)


def test_words_of_the_tables_are_those_that_are_used() -> None:
    def told(row: str) -> set[str]:
        *_, found = re.findall(rf"^\| `{row}` \| ([^(\n]*?)(?: \(|\s\|)", PAGE, re.MULTILINE)
        return set(re.split(", | or ", found))

    assert told("reason") == {each.value for each in Reason}
    assert told("state") == {each.value for each in State}
    table = PAGE.split("| `kind` | |\n|---|---|\n")[1].split("\n\n")[0]
    kinds = {kind for row in table.splitlines() for kind in row.strip("| ").split(" | ")[0].split(", ")}
    assert len(kinds) > 5
    assert kinds <= {each.kind for each in vars(errors).values() if isinstance(each, type) and hasattr(each, "kind")}
