"""Each delivery of the table of bad ones gets its verdict, and nothing of it is lost or let in."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivering import BAD, EXPECTED, OTHER, RULES, TAKEN, Bad, census
from ftrack_accsyn_accessor.vendor import quarantine
from ftrack_accsyn_accessor.vendor.ingest import work_off
from ftrack_accsyn_accessor.vendor.spool import INGEST
from ftrack_accsyn_sandbox.studio import Studio
from ingesting import Vendor

SHOT = "show_a/sq010/sh010"


@pytest.fixture(scope="module")
def bad_vendor(ingest_studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendor]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ingest_studio.environment("admin").items():
            patch.setenv(name, value)
        made = Vendor(
            ingest_studio, tmp_path_factory.mktemp("vendor"), most_files=RULES.most_files, most_depth=RULES.most_depth
        )
        store, tasks = (
            ingest_studio.ftrack.store,
            [ingest_studio.ids[f"{SHOT}/{name}"] for name in ("Animation", "Lighting")],
        )
        deliverables = []
        for known, task_id in zip((EXPECTED, OTHER), tasks):
            asset = store.create("Asset", name=known.name.partition("_v")[0], context_id=ingest_studio.ids[SHOT])
            for number in TAKEN[known.task_id]:
                store.create("AssetVersion", asset_id=asset["id"], version=number, task_id=task_id)
            deliverables.append(dataclasses.replace(known, task_id=task_id, asset_name=asset["name"]))
        made.hand_out(deliverables=deliverables)
        yield made
        made.close()


@pytest.mark.parametrize("bad", [each for each in BAD if each.possible()], ids=lambda bad: bad.id)
def test_a_bad_delivery_is_put_aside_whole_with_its_reason(
    bad_vendor: Vendor, studio_environment: Studio, bad: Bad
) -> None:
    store = studio_environment.ftrack.store
    incoming: Path = bad_vendor.on_disk(bad_vendor.places.from_folder)
    bad.write(incoming)
    before, versions = census(incoming), len(store.find("AssetVersion"))
    entry = bad_vendor.entry(bad.unit, key=f"job/{bad.id}")
    assert work_off(bad_vendor.means) == 1
    result = bad_vendor.means.spool.result(INGEST, entry.key)
    assert result is not None
    assert result["outcome"] == "refused", result

    folder = bad_vendor.on_disk(result["quarantine"])
    (folder / "REASON.txt").rename(folder.with_name(f"{folder.name}.txt"))
    assert census(folder) == before
    assert os.listdir(incoming) == []
    assert len(store.find("AssetVersion")) == versions
    assert bad_vendor.receipt(entry.key)["accepted"] is False
    assert bad.rule in {each["rule"] for each in bad_vendor.receipt(entry.key)["problems"]}


def test_the_table_leaves_no_two_in_one_place(bad_vendor: Vendor) -> None:
    folders = {quarantine.hold(bad_vendor.places, f"job/{each.id}", bad_vendor.unit(each.unit)).folder for each in BAD}
    assert len(folders) == len(BAD)
