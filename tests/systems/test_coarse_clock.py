"""That `--coarse-clock` gives the tests, and the processes they start, the clock of Windows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from helpers import ROOT

TEST = """
import os, subprocess, sys, time
def test_clock():
    assert {time.time_ns() % 15_625_000 for _ in range(1000)} == {0}
    assert (time.time() * 64).is_integer()
    code = "import time; print(time.time_ns() % 15_625_000)"
    assert subprocess.check_output([sys.executable, "-c", code]).split() == [b"0"]
"""


def test_the_clock_goes_on_in_steps_in_tests_and_in_their_children(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from systems import elsewhere\npytest_addoption, pytest_configure = elsewhere.add_option, elsewhere.move\n"
    )
    (tmp_path / "test_it.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--coarse-clock", "test_it.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert "1 passed" in ran.stdout
