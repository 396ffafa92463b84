"""What is printed for scripts is what the manual's page on JSON says, to the last key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import schema
from anything import anything
from ftrack_accsyn_accessor.cli import asked, deliver, first, forget, log, outsource, vendors
from ftrack_accsyn_accessor.cli.verbs import VERBS
from ftrack_accsyn_accessor.insight.doctor.check import Check
from ftrack_accsyn_accessor.insight.past import Past
from ftrack_accsyn_accessor.insight.requests import RequestRow
from ftrack_accsyn_accessor.insight.rows import Row
from ftrack_accsyn_accessor.insight.situation import Cause
from ftrack_accsyn_accessor.insight.status import Summary
from ftrack_accsyn_accessor.model.plain import as_json
from ftrack_accsyn_accessor.model.plan import Plan
from ftrack_accsyn_accessor.model.upload import Standing
from ftrack_accsyn_accessor.model.whereabouts import Whereabouts
from ftrack_accsyn_accessor.upkeep.reconcile import Outcome
from ftrack_accsyn_accessor.vendor.delivering import Unit
from ftrack_accsyn_accessor.vendor.outsourcing import HandedOut, Part
from ftrack_accsyn_accessor.vendor.report import Report

#: What has no answer of its own for scripts: it stays, or is run by accsyn, or prints an environment.
SILENT = {"demo", "hook", "sandbox", "serve"}

MADE: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "past": (Past, log._told),
    "turn": (Row, lambda value: first._told(value, True)),
    "forgotten": (Row, forget._told),
    "summary": (Summary, lambda value: value),
    "item": (Row, lambda value: value),
    "request": (RequestRow, lambda value: value),
    "cause": (Cause, lambda value: value),
    "check": (Check, lambda value: value),
    "whereabouts": (Whereabouts, lambda value: value),
    "outcome": (Outcome, lambda value: value),
    "plan": (Plan, asked.plan_told),
    "part": (Part, outsource._part_told),
    "handed out": (HandedOut, lambda value: value),
    "delivery": (Unit, lambda value: deliver._told(value, {}, {})),
    "standing": (Standing, lambda value: value),
    "vendors": (Report, lambda value: {**vendors._told(value), "given_up": "", "exit_code": 0}),
}


@pytest.mark.parametrize("name", MADE)
def test_an_object_has_the_keys_that_the_manual_tells_and_no_other(name: str) -> None:
    kind, told = MADE[name]
    every = HealthCheck

    @settings(
        max_examples=15,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(every),
        phases=[Phase.generate],
    )
    @given(anything(kind))
    def holds(value: Any) -> None:
        assert list(schema.differences(json.loads(as_json(told(value), ascii_only=True)), name)) == []

    holds()


def test_every_verb_that_answers_has_a_section_and_every_object_is_used() -> None:
    sections = {name.split()[0] for name in schema.TABLES}
    assert set(VERBS) - SILENT <= sections
    used = {
        word
        for tables in schema.TABLES.values()
        for table in tables
        for each in table.values()
        for word in _names(each)
    }
    objects = set(schema.tables()) - set(VERBS) - {"Errors", "Objects", "queue ensure"}
    assert objects == used


def _names(key: schema.Key) -> set[str]:
    kind = key.kind.replace("list of ", "").replace("map of ", "").replace(" or null", "")
    return {kind} - {"text", "number", "time", "true or false", "anything"}
