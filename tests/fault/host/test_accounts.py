"""Two accounts of the system with one staging folder that both may enter: each has its own outbox there."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fault.support_studio import environment
from ftrack_accsyn_accessor import environment as surroundings
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.insight.doctor import Check, Level, Subject, local
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import locations
from ftrack_accsyn_accessor.outbox.file import STATE_FOLDER, is_state_folder, other_accounts, outbox_path, state_folder
from ftrack_accsyn_accessor.staging.area import StagingArea
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT, wait_until

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may run processes of other accounts"
)
FIRST, SECOND = 12001, 12002

PUBLISH = """
import json, logging, os, pathlib, sys
said = []
class Keeps(logging.Handler):
    def emit(self, record):
        if record.levelno >= logging.WARNING:
            said.append(record.getMessage())
logging.getLogger("ftrack_accsyn_accessor").addHandler(Keeps())
import ftrack_api
session = ftrack_api.Session()
print(said, file=sys.stderr)
location = session.pick_location()
source = pathlib.Path(os.environ["HOME"]) / "source.mov"
source.write_bytes(os.urandom(1000))
project = session.query(f'Project where name is "{sys.argv[1]}"').one()
kind = session.query("AssetType").first()
asset = session.create("Asset", {"name": f"plate {os.getpid()}", "parent": project, "type": kind})
version = session.create("AssetVersion", {"asset": asset})
session.commit()
component = version.create_component(str(source), {"name": "main"}, location="auto")
runtime = location.accsyn_staging
print(json.dumps({
    "location": location["name"], "outbox": str(runtime.outbox.path), "said": said,
    "path": location.get_filesystem_path(component), "id": component["id"],
}))
from ftrack_accsyn_accessor.worker.runtime import stop_all
stop_all(20.0)
"""


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody may enter and write to; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="accounts-"))
    os.chmod(folder, 0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def studio(shared: Path) -> Iterator[Studio]:
    with Studio(shared / "studio") as running:
        os.chmod(running.staging, 0o777)
        yield running


STATUS = """
import sys
from ftrack_accsyn_accessor.cli import main
sys.argv[1:] = ["status", "--json"]
main()
"""


@cache
def interpreter() -> str:
    """An interpreter like this one that any account may run: this one may lie in somebody's home."""
    wanted = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for found in (sys.executable, f"/usr/bin/{wanted}", f"/usr/local/bin/{wanted}"):
        with contextlib.suppress(OSError):
            if subprocess.run([found, "-c", "import sqlite3"], user=FIRST, check=False).returncode == 0:
                return found
    pytest.skip("this machine has no interpreter that another account may run")


def run(studio: Studio, account: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an interpreter under *account*, with a home of its own."""
    home = studio.staging.parent / f"home-{account}"
    home.mkdir(exist_ok=True)
    os.chown(home, account, account)
    variables = {**environment(studio), "HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
    variables["FTRACK_API_SCHEMA_CACHE_PATH"] = str(home)
    variables["PYTHONPATH"] = os.pathsep.join([str(ROOT / "source"), sysconfig.get_paths()["purelib"]])
    return subprocess.run(
        [interpreter(), *arguments],
        env=variables,
        cwd=home,
        user=account,
        group=account,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def publish(studio: Studio, account: int, project: str) -> Any:
    done = run(studio, account, "-c", PUBLISH, project)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_second_account_has_an_outbox_of_its_own_in_the_same_folder_and_both_arrive(studio: Studio) -> None:
    first = publish(studio, FIRST, "show_a")
    second = publish(studio, SECOND, "show_b")
    again = publish(studio, SECOND, "show_b")

    assert first["outbox"] == str(studio.staging / STATE_FOLDER / "outbox.sqlite3")
    assert second["outbox"] == str(studio.staging / f"{STATE_FOLDER}-{SECOND}" / "outbox.sqlite3")
    assert again["outbox"] == second["outbox"]
    assert (first["said"], second["said"], again["said"]) == ([], [], [])
    for told in (first, second, again):
        assert Path(told["path"]).is_relative_to(studio.staging)
        arrived = studio.hq / Path(told["path"]).relative_to(studio.staging)
        wait_until(lambda path=arrived: path.is_file(), 20, "the arrival")
    for name in os.listdir(studio.staging):
        if is_state_folder(name):
            assert stat.S_IMODE((studio.staging / name).stat().st_mode) == 0o700


def test_command_line_of_the_second_account_tells_its_own(studio: Studio) -> None:
    publish(studio, FIRST, "show_a")
    nothing = run(studio, SECOND, "-c", STATUS)
    publish(studio, SECOND, "show_b")

    told = run(studio, SECOND, "-c", STATUS)

    assert "Traceback" not in nothing.stderr + told.stderr
    said = " ".join((nothing.stdout + nothing.stderr).split())
    assert f"{studio.staging / STATE_FOLDER} belongs to user {FIRST}, and only that account is told" in said
    assert nothing.returncode == exit_codes.NOT_SET_UP
    assert [item["component"] for item in json.loads(told.stdout)["items"]] == ["main"]


def test_folder_of_the_first_account_is_named_with_it_where_the_second_may_not_write(studio: Studio) -> None:
    publish(studio, FIRST, "show_a")

    done = run(studio, SECOND, "-c", PUBLISH, "show_a")

    # What the first account made below the staging folder is its own, unless the folder hands rights on.
    assert "Permission denied" in done.stderr
    assert f"{studio.staging / 'show_a'}" in done.stderr
    assert f"belongs to user {FIRST}" in done.stderr


def test_state_folder_that_its_own_account_may_not_enter_is_told_without_a_traceback(studio: Studio) -> None:
    publish(studio, FIRST, "show_a")
    os.chmod(studio.staging / STATE_FOLDER, 0o000)

    told, opened = run(studio, FIRST, "-c", STATUS), run(studio, FIRST, "-c", PUBLISH, "show_a")

    assert "Traceback" not in told.stderr
    assert told.returncode == exit_codes.UNSENT
    assert "Permission denied" in told.stdout + told.stderr
    assert "unplugged" not in told.stdout + told.stderr
    assert "Permission denied" in opened.stderr


def test_root_in_the_folder_of_another_account_is_told_whose_it_is(tmp_path: Path) -> None:
    StagingArea(str(tmp_path)).prepare()
    (own,) = _owner_checks(tmp_path)
    os.chown(tmp_path / STATE_FOLDER, FIRST, FIRST)
    (anothers,) = _owner_checks(tmp_path)

    assert own.level is Level.OK
    assert anothers.level is Level.WARN
    assert anothers.text.startswith(f"{tmp_path / STATE_FOLDER} belongs to user {FIRST}, and this is ")
    assert anothers.remedy.endswith(f"as user {FIRST}.")


def _owner_checks(root: Path) -> list[Check]:
    found = local.machine(Subject(Settings(staging_path=str(root)), "artist"))
    return [check for check in found if check.name == "staging private"]


# Which folder it is.


def test_account_keeps_the_folder_that_it_once_had_and_root_has_the_first_ones(tmp_path: Path) -> None:
    StagingArea(str(tmp_path)).prepare()
    os.chown(tmp_path / STATE_FOLDER, FIRST, FIRST)
    assert state_folder(str(tmp_path)) == STATE_FOLDER
    own = f"{STATE_FOLDER}-{surroundings.account()}"
    (tmp_path / own).mkdir()

    assert state_folder(str(tmp_path)) == own
    assert other_accounts(str(tmp_path)) == [(str(tmp_path / STATE_FOLDER), f"user {FIRST}")]
    assert outbox_path(None, str(tmp_path)).parent.name == own
    locations.keep(str(tmp_path), [locations.Located("https://acme.test", "artist", "one")])
    assert (tmp_path / own / locations.NAME).is_file()


def test_account_that_lost_a_right_to_its_own_folder_gets_no_other_one(shared: Path) -> None:
    state = shared / STATE_FOLDER
    state.mkdir(mode=0o000)
    os.chown(state, FIRST, FIRST)
    os.chmod(shared, 0o777)
    script = f"from ftrack_accsyn_accessor.outbox.file import state_folder; print(state_folder({str(shared)!r}))"

    names = [
        subprocess.run(
            [interpreter(), "-c", script],
            env={"PYTHONPATH": os.pathsep.join([str(ROOT / "source"), sysconfig.get_paths()["purelib"]])},
            user=account,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for account in (FIRST, SECOND)
    ]

    assert names == [STATE_FOLDER, f"{STATE_FOLDER}-{SECOND}"]
