"""Which tests of a suite are counted as speaking to the server."""

from __future__ import annotations

import sys
from pathlib import Path

from ftrack_accsyn_sandbox.ftrack import FtrackService
from suites import ftrack_suites
from suites.suite import Outcome, Place, run_pytest

THEIRS = """
import http.client, os, pytest
early = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]))
early.connect()

def ask(): early.request("GET", "/"); early.getresponse().read()
def test_asks(): ask()
def test_asks_in_vain(): ask(); assert False
@pytest.mark.xfail
def test_asks_and_is_expected_to_fail(): ask(); assert False
def test_says_nothing(): pass
@pytest.fixture
def cleaned(): yield; ask()
def test_asks_in_the_end(cleaned): pass
"""


def test_those_that_asked_are_counted_on_whatever_connection(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(THEIRS, encoding="utf-8")
    place = Place(tmp_path, None, Path(sys.executable), tmp_path, tmp_path / "log")  # type: ignore[arg-type]
    with FtrackService() as service:
        variables = {"PORT": str(service.port), "PYTHONPATH": str(ftrack_suites.INSIDE)}
        run_pytest(place, "-p", "speaking", environment=variables)
    outcome = ftrack_suites.of_those_that_spoke(tmp_path / "report.xml")
    failed = ("test_theirs::test_asks_in_vain", "test_theirs::test_asks_and_is_expected_to_fail")
    assert outcome == Outcome(2, 4, failed)
