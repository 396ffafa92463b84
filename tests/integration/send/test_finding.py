"""What somebody types is found by its id or path; what may be several things is refused with all of them."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model.errors import Unresolved
from ftrack_accsyn_accessor.send import selection
from ftrack_accsyn_accessor.send.order import Picked
from sending import Sender


@pytest.mark.parametrize(
    ("word", "name", "kind"),
    [
        ("show_a", "show_a", "Project"),
        ("show_a/sq010/sh010", "show_a/sq010/sh010", "Shot"),
        ("SHOW_A/SQ010/Sh010", "show_a/sq010/sh010", "Shot"),
        ("/show_a\\sq010/", "show_a/sq010", "Sequence"),
        ("show_a/assets/hero", "show_a/assets/hero", "AssetBuild"),
        ("show_a/sq010/sh010/Animation", "show_a/sq010/sh010/Animation", "Task"),
        (" show_a/sq020 ", "show_a/sq020", "Sequence"),
    ],
)
def test_a_path_leads_to_its_context(sender: Sender, word: str, name: str, kind: str) -> None:
    assert selection.find(sender.connection, [word]) == [Picked(kind, sender.ids[name])]


@pytest.mark.parametrize("spelt", ["{0} v003", "{0} V3", "{0}/v003"])
def test_a_version_is_named_by_its_asset_and_number(sender: Sender, spelt: str) -> None:
    shot = sender.shot()
    path = next(name for name, each in sender.ids.items() if each == shot)
    asset = sender.asset(shot, "beauty pass v2b")
    sender.version(asset, 1)
    wanted = sender.version(asset, 3)
    assert selection.find(sender.connection, [spelt.format(f"{path}/beauty pass v2b")]) == [
        Picked("AssetVersion", wanted)
    ]
    assert selection.find(sender.connection, [f"{path}/beauty pass v2b"]) == [Picked("Asset", asset)]


def test_ids_of_anything_are_found_in_one_request(sender: Sender) -> None:
    version = sender.version(sender.asset(sender.shot()))
    component = sender.component(version)
    ids = [version, sender.ids["show_b"], component, sender.ids["show_b/sq010/sh010"]]
    sender.studio.ftrack.log.clear()
    found = selection.find(sender.connection, ids)
    assert [each.entity_type for each in found] == ["AssetVersion", "Project", "FileComponent", "Shot"]
    assert len([each for each in sender.studio.ftrack.log.operations() if "AssetVersion" in each]) == 1


def test_what_may_be_several_things_is_refused_with_all_of_them(sender: Sender) -> None:
    with pytest.raises(Unresolved) as refused:
        selection.find(sender.connection, ["sq010/sh010"])
    for name in ("show_a", "show_b"):
        assert f"{name}/sq010/sh010 (Shot {sender.ids[f'{name}/sq010/sh010']})" in str(refused.value)


@pytest.mark.parametrize(
    "word",
    ["nothing", "show_a/sq010/sh990", "", "/", 'x" or name is "show_a', "00000000-0000-0000-0000-000000000000", "a v1"],
)
def test_what_is_nothing_is_refused(sender: Sender, word: str) -> None:
    with pytest.raises(Unresolved) as refused:
        selection.find(sender.connection, [word])
    assert word in str(refused.value)


def test_a_name_that_is_elsewhere_only_is_refused_with_where_it_is(sender: Sender) -> None:
    with pytest.raises(Unresolved, match="there is show_a/assets/hero, show_b/assets/hero"):
        selection.find(sender.connection, ["show_a/hero"])
