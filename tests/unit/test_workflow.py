"""The workflow for hosted continuous integration, which is not run where it was written, names only what there is."""

from __future__ import annotations

import fnmatch
import re
import runpy
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from environments import SUPPORTED
from helpers import ROOT

yaml = pytest.importorskip("yaml")

WORKFLOW = ROOT / ".github" / "workflows" / "tests.yml"
SETUP = runpy.run_path(str(ROOT / "setup.py"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
#: What only a system with POSIX has; steps for one system alone may use it.
POSIX = re.compile(r"&&|\bsudo\b|\bmake\b|\.venv/bin|\bexport\b|\$\(|/dev/|^\./", re.MULTILINE)


def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    return found


def systems(job: dict[str, Any]) -> list[str]:
    return list(job.get("strategy", {}).get("matrix", {}).get("system", [job["runs-on"]]))


def commands(only_for_one: bool = True) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield job, and command, of each step; without those for one system where *only_for_one* is not set."""
    for name, job in jobs().items():
        for step in job["steps"]:
            if "run" in step and (only_for_one or "runner.os" not in str(step.get("if", ""))):
                yield name, job, step["run"]


def test_it_says_that_it_was_not_run() -> None:
    assert "was not run" in WORKFLOW.read_text(encoding="utf-8").partition("name:")[0]


def test_all_three_systems_run_the_tests_on_the_ends_of_what_is_supported() -> None:
    job = jobs()["tests"]
    assert {system.partition("-")[0] for system in systems(job)} == {"ubuntu", "windows", "macos"}
    assert job["strategy"]["matrix"]["python"] == [SUPPORTED[0], SUPPORTED[-1]]


def test_every_python_is_a_supported_one() -> None:
    found = [
        str(step["with"]["python-version"])
        for job in jobs().values()
        for step in job["steps"]
        if "with" in step and "python-version" in step["with"]
    ]
    named = {version for text in found for version in re.findall(r"\d+\.\d+", text)}
    assert named <= set(SUPPORTED)
    assert named, "the versions stand there as texts: 3.10 would be the number 3.1"


def test_every_target_is_one_of_the_makefile() -> None:
    used = [words[1:] for _, _, command in commands() if (words := shlex.split(command))[0] == "make"]
    assert used
    assert {target for targets in used for target in targets} <= TARGETS


def test_every_extra_is_one_of_the_distribution() -> None:
    used = {extra for _, _, command in commands() for extra in re.findall(r"\.\[(\w+)\]", command)}
    assert used
    assert used <= {name.lower() for name in ("CLI", "WINDOW", "SANDBOX", "INTEROP", "TEST", "DEV") if name in SETUP}


def test_every_test_that_is_named_is_there() -> None:
    for _, _, command in commands():
        for word in shlex.split(command):
            if word.startswith(("tests/", "@tests/")):
                assert (ROOT / word.lstrip("@")).exists(), word


def test_what_runs_on_windows_needs_no_posix() -> None:
    for name, job, command in commands(only_for_one=False):
        if any(system.startswith("windows") for system in systems(job)):
            assert not POSIX.search(command), (name, command)


def test_disks_of_other_systems_are_those_that_the_own_continuous_integration_installs() -> None:
    (drivers,) = re.findall(r"^drivers=\((.*)\)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    installed = next(command for name, _, command in commands() if name == "systems" and "apt-get" in command)
    assert set(drivers.split()) <= set(shlex.split(installed))


def test_archive_is_kept_under_the_name_that_the_build_gives_it() -> None:
    (upload,) = [step for step in jobs()["archive"]["steps"] if "upload-artifact" in step.get("uses", "")]
    patterns = upload["with"]["path"].split()
    version = SETUP["read_version"]()
    for built in (f"build/{SETUP['NAME']}-{version}.zip", f"build/{SETUP['PACKAGE']}-{version}-py3-none-any.whl"):
        assert any(fnmatch.fnmatch(built, pattern) for pattern in patterns), built
