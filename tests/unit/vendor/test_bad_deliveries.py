"""Each bad delivery of the table, on a real disk: refused by the rule that it breaks, and nothing of it is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from delivering import BAD, EXPECTED, OTHER, RULES, TAKEN, UNIT, Bad, census, good_delivery
from ftrack_accsyn_accessor.model.checking import check
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.submission import FoundKind, Severity, Verdict
from ftrack_accsyn_accessor.vendor.storage import Storage


def verdict_of(root: Path, unit: str) -> Verdict:
    """Look at a delivery in *root* as the studio does."""
    storage = Storage(root)
    there = storage.find(unit)
    assert there is not None
    found = storage.walk(unit, 1000, 100) if there.kind is FoundKind.FOLDER else [there]
    return check(unit, found, [EXPECTED, OTHER], RULES, TAKEN)


def test_the_table_has_enough_of_them_and_each_once() -> None:
    assert len(BAD) >= 40
    assert len({each.id for each in BAD}) == len(BAD)


def test_a_good_delivery_is_accepted(tmp_path: Path) -> None:
    good_delivery(tmp_path)
    verdict = verdict_of(tmp_path, UNIT)
    assert verdict.problems == ()
    assert verdict.accepted
    assert (verdict.task_id, verdict.version, verdict.deliverable) == ("task-1", 3, UNIT)
    (part,) = verdict.parts
    assert (part.name, part.path, part.frames, part.padding) == ("main", f"{UNIT}.%04d.exr", (*range(1001, 1006),), 4)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.id)
def test_a_bad_delivery_is_refused_by_its_rule_and_stays_as_it_is(tmp_path: Path, bad: Bad) -> None:
    if not bad.possible():
        pytest.skip(f"this machine cannot have it: {bad.only}")
    bad.write(tmp_path)
    before = census(tmp_path)
    verdict = verdict_of(tmp_path, bad.unit)
    wrong = [each for each in verdict.problems if each.severity is Severity.WRONG]
    assert not verdict.accepted
    assert bad.rule in {each.rule for each in wrong}
    for each in verdict.problems:
        assert each.text == printable(each.text, 1000)
    assert any("expected" in each.text.lower() for each in wrong if each.rule == bad.rule)
    Storage(tmp_path).move(bad.unit, f"quarantine/1/{bad.unit}", anything=True)
    assert census(tmp_path / "quarantine" / "1") == before
    assert sorted(os.listdir(tmp_path)) == ["quarantine"]
