"""`forget` takes what needs attention out of the list for good, and nothing that still moves or waits."""

from __future__ import annotations

from typing import Any

import pytest

from cleaning import Told, registered, staged
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.model.item import State
from integration.cli.conftest import Run
from publishing import Publisher

TITLE = "show_a sq010/sh010 plate v001 bad"


@pytest.fixture
def failed(publisher: Publisher, run: Run) -> dict[str, Any]:
    """Publish two files, of which accsyn cannot write one; no application runs any more."""
    publisher.studio.accsyn.engine.fail_path("*/bad.mov", "E#J057 Could not write the file.")
    version = publisher.version(publisher.session())
    components = {name: publisher.publish_file(version, name) for name in ("bad", "good")}
    publisher.close()
    assert run("drain").exit_code == exit_codes.ATTENTION
    publisher.studio.accsyn.engine.clear_failures()
    return components


def tasks(publisher: Publisher) -> dict[str, str]:
    """Return the status of each task in accsyn, by the name of its file."""
    (job,) = publisher.studio.accsyn.workspace.jobs()
    return {task.source.rpartition("/")[2]: task.status for task in job.tasks}


def test_only_what_needs_attention_is_forgotten_and_stays_staged_and_told_by_log_and_why(
    publisher: Publisher, failed: dict[str, Any], run: Run, told: Told
) -> None:
    before = staged(publisher)
    item = publisher.item(failed["bad"])
    for wanted in (["good"], ["bad", "good"]):  # all that are named, or none
        refused = run("forget", *(failed[name]["id"] for name in wanted))
        assert (refused.exit_code, "it is synced" in refused.stderr) == (exit_codes.FAILED, True)
    assert publisher.item(failed["bad"]).state is State.NEEDS_ATTENTION

    found = told("forget", "plate v001 bad")

    path = item.publication.resource_identifier
    assert found == {
        "forgotten": [{"item_id": item.id, "title": TITLE, "component_id": failed["bad"]["id"], "path": path}]
    }
    assert [row["component"] for row in told("status")["items"]] == ["good"]
    assert run("status").exit_code == exit_codes.OK
    assert staged(publisher) == before
    assert registered(publisher, failed["bad"]) == {"staging"}
    (gone,) = told("log", "plate v001 bad")["past"]
    assert (gone["title"], gone["ended"], gone["arrived_at"]) == (TITLE, "forgotten", None)
    assert gone["ended_by"].startswith("artist@")
    assert "forgotten" in run("log").stdout
    why = run("why", failed["bad"]["id"])
    assert (why.exit_code, TITLE in why.stdout) == (exit_codes.OK, True)
    assert "It needed attention, and was forgotten on" in why.stdout


def test_what_accsyn_has_of_it_is_excluded_so_that_nobody_sends_it_by_retrying_the_job(
    publisher: Publisher, failed: dict[str, Any], run: Run
) -> None:
    assert tasks(publisher) == {"bad.mov": "failed", "good.mov": "done"}
    run("forget", failed["bad"]["id"])

    run("drain")

    assert tasks(publisher) == {"bad.mov": "excluded", "good.mov": "done"}
    workspace = publisher.studio.accsyn.workspace
    (job,) = workspace.jobs()
    workspace.resume_job(job.id)
    publisher.studio.accsyn.engine.wait_idle(20)
    assert not any(path.endswith("bad.mov") for path in publisher.hq())
    calls = publisher.studio.accsyn.log.count("task/edit")
    run("drain")
    assert publisher.studio.accsyn.log.count("task/edit") == calls  # it is done once


def test_reconcile_leaves_it_out_unless_it_is_asked_for(
    publisher: Publisher, failed: dict[str, Any], run: Run, told: Told
) -> None:
    run("forget", failed["bad"]["id"])

    outcome = told("reconcile")["outcome"]
    assert (outcome["registered"], outcome["known"], outcome["forgotten"], outcome["queued"]) == (2, 1, 1, [])
    assert "1 more were forgotten" in run("reconcile", "--dry-run").stdout

    outcome = told("reconcile", "--forgotten")["outcome"]
    assert ([each["component"] for each in outcome["queued"]], outcome["forgotten"]) == (["bad"], 0)
    assert run("drain").exit_code == exit_codes.OK
    assert any(path.endswith("bad.mov") for path in publisher.hq())


def test_clean_frees_what_was_forgotten_only_when_ftrack_does_not_have_its_version_any_more(
    publisher: Publisher, failed: dict[str, Any], run: Run, told: Told
) -> None:
    run("forget", failed["bad"]["id"])
    assert told("clean", "--withdrawn", "--apply")["items"] == []
    assert any(path.endswith("bad.mov") for path in staged(publisher))

    publisher.studio.ftrack.store.delete("AssetVersion", failed["bad"]["version_id"])
    found = told("clean", "--withdrawn", "--apply")

    assert {item["component_id"] for item in found["items"]} == {failed["bad"]["id"], failed["good"]["id"]}
    assert staged(publisher) == set()
    assert list(publisher.outbox.items()) == []
    assert [each["ended"] for each in told("log")["past"]] == ["freed", "freed"]
