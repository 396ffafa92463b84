"""The built archive publishes from hosts that have only ftrack-python-api, and the files arrive at head quarters."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from e2e.hosts import host
from environments import interpreters
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT, record_exercised, wait_until

# A host environment is installed at its first use, which takes as long as the package index does.
pytestmark = pytest.mark.timeout(300)

PUBLISHER = ROOT / "source" / "ftrack_accsyn_sandbox" / "publish_demo.py"

# Both ends of CPython, each with the generations of ftrack-python-api that run there; 2.5 ends at CPython 3.11. Those
# after the first are run by `make hosts`.
PAIRS = [("3.9", "2.5.4"), ("3.9", "3.1.0"), ("3.11", "2.5.4"), ("3.13", "3.1.0")]
COMBINATIONS = [PAIRS[0], *(pytest.param(pair, marks=pytest.mark.slow) for pair in PAIRS[1:])]

FRAMES = "1001-1004, 1007-1010"
RANGES = ["[1001-1004]", "[1007-1010]"]

# A movie, two frame ranges and a folder.
TASKS = 4


@pytest.fixture
def studio(tmp_path):
    with Studio(tmp_path / "studio") as running:
        yield running


@pytest.fixture(params=COMBINATIONS, ids=lambda pair: f"python{pair[0]}-ftrack{pair[1]}")
def host_environment(request):
    python, ftrack_api = request.param
    if python not in interpreters():
        pytest.skip(f"this machine has no CPython {python}")
    return host(python, ftrack_api)


@pytest.fixture
def publish(host_environment, plugin, studio, tmp_path):
    """A function that lets the host publish once; returns what it said about its session and about each component."""

    def run():
        media = tmp_path / "media"
        media.mkdir(exist_ok=True)
        environment = {**studio.environment(), "FTRACK_EVENT_PLUGIN_PATH": str(plugin / "hook")}
        done = host_environment.run([str(PUBLISHER), str(media), FRAMES], environment)
        assert done.returncode == 0, done.stderr
        session, *components = map(json.loads, done.stdout.splitlines())
        return session, {component["component"]: component for component in components}

    return run


def wait_for_jobs(studio, tasks):
    """The job of each project, once *tasks* tasks were submitted and all of them are done."""

    def all_done():
        jobs = studio.accsyn.workspace.jobs()
        states = [task.status for job in jobs for task in job.tasks]
        return jobs if len(states) == tasks and set(states) == {"done"} else None

    jobs = wait_until(all_done, 30.0, f"{tasks} tasks to be done")
    by_project = {job.metadata["ftrack_project_name"]: job for job in jobs}
    assert len(by_project) == len(jobs), "a project has one job"
    return by_project


def tasks_of(job, component):
    return [task for task in job.tasks if task.metadata["ftrack_component_id"] == component["component_id"]]


def test_this_machine_has_at_least_one_of_the_interpreters():
    assert {pair[0] for pair in PAIRS} & set(interpreters())


def test_host_has_nothing_of_ours(host_environment):
    for module in ("ftrack_accsyn_accessor", "accsyn_api", "filelock"):
        found = host_environment.run(["-c", f"import {module}"], {})
        assert "ModuleNotFoundError" in found.stderr


def test_publish_from_a_bare_host_arrives_at_hq(publish, plugin, studio, host_environment):
    session, components = publish()

    assert Path(session["accessor"]).is_relative_to(plugin), "the plugin must come from the archive"
    assert session["ftrack_api"] == host_environment.ftrack_api

    jobs = wait_for_jobs(studio, TASKS)
    assert set(components) == {"movie", "beauty", "textures"}
    assert [len(component["files"]) for component in components.values()] == [1, 8, 4]
    for component in components.values():
        for staged in map(Path, component["files"]):
            arrived = studio.hq / staged.relative_to(studio.staging)
            assert arrived.read_bytes() == staged.read_bytes()

    assert_jobs_are_as_designed(jobs, studio, session["location"])
    assert_tasks_are_as_designed(jobs, components)
    (carried,) = (plugin / "dependencies").glob("accsyn_python_api-*.dist-info")
    record_exercised(session["python"], session["ftrack_api"], carried.stem.partition("-")[2])


def assert_jobs_are_as_designed(jobs, studio, location):
    assert set(jobs) == {"show_a", "show_b"}
    today = datetime.date.today().isoformat()
    for project, job in jobs.items():
        assert job.name == f"{project} ftrack upload {location} > studio.hq {today}"
        assert job.settings == {"integration": "ftrack"}
        assert job.mirrored
        assert job.user == studio.environment()["ACCSYN_API_USER"]
        assert job.metadata["ftrack_source_location_name"] == location
        assert job.metadata["ftrack_destination_location_name"] == "studio.hq"
    # A queue named after the project takes its job; without one the default queue does.
    assert jobs["show_a"].queue == "show_a"
    assert jobs["show_b"].queue != "show_a"


def assert_tasks_are_as_designed(jobs, components):
    movie = tasks_of(jobs["show_a"], components["movie"])
    beauty = tasks_of(jobs["show_a"], components["beauty"])
    textures = tasks_of(jobs["show_b"], components["textures"])
    identifiers = {name: component["identifier"] for name, component in components.items()}
    assert [task.source.partition("=projects/")[2] for task in movie] == [identifiers["movie"]]
    assert [task.source.partition("=projects/")[2] for task in beauty] == [identifiers["beauty"] + r for r in RANGES]
    assert [task.source.partition("=projects/")[2] for task in textures] == [identifiers["textures"]]
    assert len(jobs["show_a"].tasks) == 3
    assert len(jobs["show_b"].tasks) == 1


def test_second_publish_on_the_same_day_adds_tasks_to_the_same_jobs(publish, studio):
    publish()
    first = wait_for_jobs(studio, TASKS)
    publish()
    second = wait_for_jobs(studio, 2 * TASKS)
    assert {project: job.id for project, job in second.items()} == {project: job.id for project, job in first.items()}
