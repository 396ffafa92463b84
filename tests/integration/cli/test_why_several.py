"""`why` and `status` where several things are wrong at once, or nobody is there, on a real machine."""

from __future__ import annotations

import json
from typing import Any

from ftrack_accsyn_accessor.cli import exit_codes
from helpers import wait_until
from integration.cli.conftest import Run
from integration.cli.test_why import Why, component, down, make_old, stopped, why
from publishing import Publisher

__all__ = ["component", "why"]


def test_script_that_has_ended_leaves_nobody_who_would_notice_the_arrival(
    publisher: Publisher, component: Any, run: Run, why: Why
) -> None:
    stopped(publisher)
    make_old(publisher, component)

    asked, told = why(component["id"]), json.loads(run("status", "--json").stdout)

    assert asked.sentence.startswith("No application with the plugin runs here")
    assert asked.remedy.startswith("Open one, or run: ftrack-accsyn drain.")
    assert asked.exit_code == told["exit_code"] == exit_codes.MOVING
    summary, (item,) = told["summary"], told["items"]
    assert summary["unattended"] is True
    assert summary["problem"].startswith("No application with the plugin runs here")
    assert summary["safe_reason"] == (
        "accsyn carries 1 component on by itself, as long as its client runs on this machine; no application with the "
        "plugin runs here that would register in ftrack what arrives."
    )
    assert item["notes"] == ["Nobody is there to register it in ftrack when it arrives."]
    publisher.session()
    wait_until(lambda: not json.loads(run("status", "--json").stdout)["summary"]["unattended"], 10, "somebody")


def test_dead_entry_hides_neither_the_paused_job_nor_the_client_that_is_offline(
    publisher: Publisher, component: Any, run: Run, why: Why
) -> None:
    accsyn = publisher.studio.accsyn
    dead = publisher.publish_file(publisher.version(publisher.session()), "dead")
    publisher.submitted(dead)
    publisher.outbox.needs_attention([publisher.item(dead)], down(), publisher.item(dead).updated_at + 600)
    accsyn.engine.client_offline(publisher.studio.demo.artist_client.id)
    (job,) = accsyn.workspace.jobs()
    accsyn.workspace.pause_job(job.id)

    told = json.loads(run("why", "--json").stdout)

    assert {each["kind"]: each["items"] for each in told["causes"]} == {"client": 1, "job-paused": 1, "unreachable": 1}
    assert told["sentence"] == told["causes"][0]["sentence"]
    lines = why().sentence, *why().remedy.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["1 component, 2.0 kB"] * 3
    assert "dead" not in run("why", component["id"]).stdout
    assert "is offline" in why(dead["id"]).remedy
