"""`ftrack-accsyn demo` and `ftrack-accsyn sandbox`, run as a user runs them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest
import requests

from e2e.hosts import host
from environments import interpreters
from helpers import ROOT

COMMAND = [sys.executable, "-c", "from ftrack_accsyn_accessor.cli import main; main()"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "source"), "COLUMNS": "200"}


posix_signals = pytest.mark.skipif(os.name == "nt", reason="Windows cannot send a process the signals of a terminal")


def run(*arguments, **variables):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env={**ENVIRONMENT, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@contextlib.contextmanager
def sandbox(*arguments):
    """A running `ftrack-accsyn sandbox --json`, and the variables that it printed."""
    with subprocess.Popen(
        [*COMMAND, "sandbox", "--json", *map(str, arguments)],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_demo_ends_with_every_component_at_hq(archive):
    shown = run("demo", "--archive", archive)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "3 of 3 components arrived." in shown.stdout
    rows = {line.split()[1]: line for line in shown.stdout.splitlines() if line.startswith("│")}
    assert "equal (1 of 1)" in rows["movie"]
    assert "equal (48 of 48)" in rows["beauty"]
    assert "equal (4 of 4)" in rows["textures"]
    assert "show_a ftrack upload" in rows["movie"]
    assert "show_b ftrack upload" in rows["textures"]
    assert all(" done " in rows[component] for component in ("movie", "beauty", "textures"))


def test_demo_keeps_a_named_folder_and_refuses_one_in_use(archive, tmp_path):
    folder = tmp_path / "demo"
    assert run("demo", "--archive", archive, "--folder", folder).returncode == 0
    assert len(list(folder.rglob("beauty.*.exr"))) == 2 * 48, "staged and at hq"
    again = run("demo", "--archive", archive, "--folder", folder)
    assert again.returncode == 1
    assert "not empty" in again.stderr


def test_demo_of_a_plugin_that_does_nothing_fails_and_shows_why(archive, tmp_path):
    hollow = tmp_path / archive.name
    with zipfile.ZipFile(hollow, "w") as packed:
        packed.writestr("hook/empty.py", "def register(session, **_):\n    pass\n")
    shown = run("demo", "--archive", hollow)
    assert shown.returncode == 1
    assert "0 of 3 components arrived." in shown.stdout
    assert "The publisher failed" in shown.stdout


@posix_signals
def test_sandbox_answers_until_it_is_interrupted(tmp_path):
    with sandbox("--folder", tmp_path / "studio") as (process, variables):
        assert requests.get(variables["FTRACK_SERVER"], timeout=10).status_code == 200
        assert "Find actions" in requests.get(f"{variables['FTRACK_SERVER']}/actions", timeout=10).text
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    page = f"{variables['FTRACK_SERVER']}/actions"
    assert said.splitlines() == [f"Actions can be tried in a browser: {page}", "The sandbox has stopped."]
    with pytest.raises(requests.ConnectionError):
        requests.get(variables["FTRACK_SERVER"], timeout=10)
    assert variables["ACCSYN_PROJECTS_PATH"].startswith(str(tmp_path / "studio"))


@posix_signals
def test_sandbox_ends_cleanly_when_it_is_terminated():
    with sandbox() as (process, variables):
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert not os.path.exists(variables["ACCSYN_PROJECTS_PATH"]), "its temporary folder is gone"


def test_sandbox_for_vendors_runs_the_hooks_of_its_own_interpreter(tmp_path):
    rules = tmp_path / "vendors.toml"
    rules.touch()
    with sandbox("--vendors", rules) as (process, variables):
        assert variables["FTRACK_ACCSYN_VENDORS"] == str(rules)
        said = process.stderr.readline()
        process.terminate()
    assert said.startswith("The vendor's variables: ")
    theirs = json.loads(said.partition(": ")[2])
    assert theirs["ACCSYN_API_USER"] == "vendor@acme.test"
    assert theirs["FTRACK_ACCSYN_CLIENT"], "their machine is not called as this one"


def test_sandbox_with_demo_data_has_files_of_several_projects_at_hq(tmp_path):
    with sandbox("--demo-data", "--folder", tmp_path / "studio"):
        hq = tmp_path / "studio" / "hq" / "projects"
        found = {show.name: len(list(show.rglob("*.mov"))) for show in hq.iterdir()}
    assert {"film", "series", "spot"} <= set(found)
    assert sum(found.values()) > 700


def test_sandbox_latency_delays_every_answer():
    with sandbox("--latency-ms", 300) as (_, variables):
        started = time.monotonic()
        requests.get(variables["FTRACK_SERVER"], timeout=10)
        assert time.monotonic() - started >= 0.3


@posix_signals
def test_what_a_second_terminal_breaks_is_seen_and_mended_and_at_the_latest_at_the_end(tmp_path):
    with sandbox("--folder", tmp_path / "studio") as (process, variables):

        def login():
            told = json.loads(run("doctor", "--json", **variables).stdout)
            return next(check for check in told["checks"] if check["name"] == "accsyn login")

        staged = os.path.join(variables["ACCSYN_PROJECTS_PATH"], "kept.mov")
        with open(staged, "wb") as file:
            file.write(b"data")
        broken = run("sandbox", "break", "key", **variables)
        assert broken.stdout.startswith("accsyn refuses every API key."), broken.stderr
        assert "Check ACCSYN_API_USER and ACCSYN_API_KEY." in login()["remedy"]
        unplugged = run("sandbox", "break", "disk", "--folder", tmp_path / "studio")
        assert unplugged.stdout.startswith("The disk with the staging area is unplugged"), unplugged.stderr
        assert not os.path.exists(variables["ACCSYN_PROJECTS_PATH"])
        mended = run("sandbox", "mend", "key")
        assert mended.stdout.startswith("accsyn accepts the API keys of before again"), mended.stderr
        assert login()["level"] == "ok"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert os.path.getsize(staged) == 4
    after = run("sandbox", "mend", **variables)
    assert (after.returncode, after.stdout) == (1, "")
    assert after.stderr.startswith("No sandbox runs here: start one in another terminal")


def test_command_without_its_libraries_says_how_to_get_them():
    python, ftrack_api = ("3.9", "3.1.0") if "3.9" in interpreters() else ("3.13", "3.1.0")
    bare = host(python, ftrack_api)
    said = bare.run(COMMAND[1:], {"PYTHONPATH": str(ROOT / "source")})
    assert said.returncode == 1
    assert "pip install '.[cli]'" in said.stderr
    assert "Traceback" not in said.stderr
