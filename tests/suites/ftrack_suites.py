"""Suites that speak ftrack: the client's own tests, and what libraries on top of it show and test."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Optional
from xml.etree import ElementTree

from ftrack_accsyn_sandbox.ftrack import demo_data
from suites.suite import Outcome, Place, Suite, run_pytest, surroundings

#: What runs in the environments of suites.
INSIDE = Path(__file__).with_name("inside")
# Some of the client's tests take for granted that no server answers within a tenth of a millisecond.
_LATENCY_S = 0.002
# What releases 2.5 to 3.1 of the client need; its source is taken from the checkout.
_CLIENT = (
    *("requests>=2,<3", "arrow>=0.4.4,<1", "pyparsing>=2,<3", "clique==1.6.1", "websocket-client>=0.40,<1"),
    *("platformdirs>=4,<5", "appdirs>=1,<2", "future", "six", "pytest", "pytest-mock", "mock", "flaky", "termcolor"),
)
# It stands in trackteroid's tests/resources/session.
_RECORDED_USER = "2e3b4242-bd22-479f-aedd-4602f378d1e0"


def environment(place: Place, *sources: Path) -> dict[str, str]:
    """Return the variables of a process that finds the studio's ftrack, and its code in *sources*."""
    studio = {
        name: value for name, value in place.studio.environment("admin").items() if not name.startswith("ACCSYN_")
    }
    del studio["FTRACK_API_SCHEMA_CACHE_PATH"]
    return {**studio, "PYTHONPATH": os.pathsep.join(map(str, (*sources, INSIDE))), "TMPDIR": str(place.scratch)}


def _run_client(place: Place) -> Outcome:
    """The tests that speak to the server; the others are run and not counted."""
    source = place.checkout / "source"
    version = source / "ftrack_api" / "_version.py"
    if not version.exists():  # made by the build
        version.write_text('__version__ = "0.0.0"\n', encoding="utf-8")
    variables = environment(place, source)
    seed = [str(place.python), str(INSIDE / "ftrack_python_seed.py")]
    subprocess.run(seed, env={**surroundings(), **variables}, check=True)
    place.studio.ftrack.switches.latency_s = _LATENCY_S
    run_pytest(place, "-o", "addopts=", "-p", "speaking", environment=variables)
    return of_those_that_spoke(place.scratch / "report.xml")


def of_those_that_spoke(report: Path) -> Outcome:
    """Return what a JUnit *report* says of the tests that the plugin `speaking` has marked.

    What was expected to fail, and did, has not passed.
    """
    good: dict[str, bool] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        if any(found.get("name") == "spoke" for found in case.iter("property")):
            is_good = all(case.find(word) is None for word in ("failure", "error", "skipped"))
            good[name] = good.get(name, True) and is_good
    failed = tuple(name for name, is_good in good.items() if not is_good)
    return Outcome(len(good) - len(failed), len(good), failed)


def _run_readme(place: Place) -> Outcome:
    """What the README of ftrack-query shows."""
    script = [str(place.python), str(INSIDE / "ftrack_query_readme.py"), str(place.checkout / "README.md")]
    variables = {**surroundings(), **environment(place, place.checkout)}
    said = subprocess.run(script, env=variables, check=True, capture_output=True, text=True).stdout
    wrong: dict[str, Optional[str]] = json.loads(said.splitlines()[-1])
    failed = tuple(f"{words}  {error}" for words, error in wrong.items() if error)
    return Outcome(len(wrong) - len(failed), len(wrong), failed)


def _run_trackteroid(place: Place) -> Outcome:
    """Its tests, in a studio with demo data, and with the user whom the session knew that they have recorded."""
    ftrack = place.studio.ftrack
    demo_data.build(ftrack.store, place.studio.ids)
    ftrack.store.create("User", id=_RECORDED_USER, username="recorded", first_name="Recorded", last_name="User")
    return run_pytest(place, "tests", environment=environment(place, place.checkout / "src"))


SUITES = {
    "ftrack-python": Suite("ftrack-python", wanted=0.95, python="3.11", requirements=_CLIENT, run=_run_client),
    "ftrack-query": Suite(
        "ftrack-query", wanted=25 / 27, python="3.11", requirements=("ftrack-python-api==3.1.0",), run=_run_readme
    ),
    "trackteroid": Suite(
        "trackteroid",
        wanted=10 / 12,  # the other two read a file of gdbm, which not every interpreter can
        python="3.11",
        requirements=("ftrack-python-api==3.1.0", "wrapt", "pytest"),
        run=_run_trackteroid,
    ),
}
