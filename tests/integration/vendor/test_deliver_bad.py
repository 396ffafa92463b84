"""The whole table of bad deliveries at the vendor's: each is refused in words, and not a byte is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from delivering import BAD, EXPECTED, OTHER, UNIT, Bad, census, good_delivery
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_sandbox.studio import Studio
from vendoring import FROM, Vendor, tree

#: What only the bounds of another table than the vendor's refuse.
POSSIBLE = [bad for bad in BAD if bad.only != "small"]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendor]:
    """One vendor for all of them: nothing may ever arrive."""
    with pytest.MonkeyPatch.context() as patch, Studio(tmp_path_factory.mktemp("bad") / "studio") as studio:
        yield Vendor(studio, patch)


@pytest.fixture
def vendor(studio: Vendor) -> Vendor:
    studio.here()
    studio.package(
        tasks=((EXPECTED.task_id, "show_a/sh010/comp"), (OTHER.task_id, "show_a/sh020/comp")),
        deliverables=(EXPECTED, OTHER),
    )
    return studio


@pytest.mark.parametrize("bad", POSSIBLE, ids=lambda bad: bad.id)
def test_a_bad_delivery_is_refused_in_words_and_not_a_byte_is_sent(vendor: Vendor, tmp_path: Path, bad: Bad) -> None:
    if not bad.possible():
        pytest.skip(f"this machine cannot have it: {bad.only}")
    bad.write(tmp_path)
    before = census(tmp_path)
    manifest = vendor.desk / "work" / "manifest.json"
    told = vendor.told(tmp_path / bad.unit, "--manifest", manifest)
    (each,) = told["deliveries"]
    assert (told["exit_code"], each["goes"]) == (exit_codes.ATTENTION, False)
    wrong = [problem for problem in each["problems"] if problem["severity"] == "wrong"]
    assert {problem["rule"] for problem in wrong} & {bad.rule, "storage"}
    shown = vendor.run(tmp_path / bad.unit, "--manifest", manifest)
    assert "not sent" in shown.stdout
    assert wrong[0]["text"].split()[0] in shown.stdout
    assert census(tmp_path) == before
    assert vendor.jobs() == []
    assert tree(vendor.studio.hq / FROM) == {}


def test_a_good_one_among_bad_ones_goes_and_the_exit_code_tells_of_the_others(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, Studio(tmp_path / "studio") as studio:
        vendor = Vendor(studio, patch)
        by = vendor.package(tasks=((EXPECTED.task_id, "show_a/sh010/comp"),), deliverables=(EXPECTED,))
        good, bad = good_delivery(tmp_path / "good"), tmp_path / "bad" / "sh010_comp_v002"
        bad.mkdir(parents=True)
        result = vendor.run(good, bad, "--manifest", by)
        assert result.exit_code == exit_codes.ATTENTION
        assert f"{UNIT}: delivered" in result.stdout
        assert len(vendor.jobs()) == 1
