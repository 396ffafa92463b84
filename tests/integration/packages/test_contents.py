"""What would go to a vendor for a task, of a real studio: exactly what they need, and why the rest does not."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any

import pytest

from ftrack_accsyn_accessor.ftrack.connection import FtrackConnection
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.vendor import contents as contents_module
from ftrack_accsyn_accessor.vendor.contents import Contents
from packing import Packer, paths_of


def names(contents: Contents) -> list[str]:
    return sorted(each.path.rpartition("/")[2] for each in contents.files)


def why(contents: Contents) -> str:
    (left,) = contents.left
    return f"{left.name}: {left.cause}"


def test_the_latest_versions_of_what_a_task_is_in_go(packer: Packer) -> None:
    asset = packer.asset(packer.shot_id)
    for number in (1, 2):
        path = packer.put(f"{packer.folder}/plate_v{number}.mov", b"12345")
        latest = packer.component(packer.version(asset, number), path)
    contents = packer.gather()
    assert paths_of(contents) == [f"sq010/{packer.shot_name}/plate_v2.mov"]
    (file,) = contents.files
    assert (file.component_id, file.size_bytes, file.source) == (latest, 5, f"{packer.folder}/plate_v2.mov")
    assert (contents.project, contents.size_bytes, contents.left) == ("show_a", 5, ())
    assert contents.version_ids == (file.version_id,)


def test_what_was_made_on_the_task_itself_goes_though_the_asset_has_a_later_version(packer: Packer) -> None:
    asset = packer.asset(packer.shot_id)
    for number, task_id in ((1, packer.task_id), (2, packer.task("roto"))):
        path = packer.put(f"{packer.folder}/comp_v{number}.mov")
        packer.component(packer.version(asset, number, task_id), path)
    assert names(packer.gather()) == ["comp_v1.mov", "comp_v2.mov"]


def test_components_of_the_chosen_names_go_else_those_of_the_rules(packer: Packer) -> None:
    version = packer.version(packer.asset(packer.shot_id))
    for name in ("plate", "proxy", "cdl"):
        packer.component(version, packer.put(f"{packer.folder}/{name}.x"), name)
    assert names(packer.gather()) == ["cdl.x", "plate.x", "proxy.x"]
    packer.rule(components=("p*",))
    assert names(packer.gather()) == ["plate.x", "proxy.x"]
    assert names(packer.gather(components=["CDL"])) == ["cdl.x"]


def test_what_the_versions_and_the_shot_use_goes_unless_it_is_not_wanted(packer: Packer) -> None:
    packer.file("comp")
    (version,) = packer.store.find("AssetVersion", id=packer.gather().version_ids[0])
    used = packer.version(packer.asset(packer.shot(), "lens"))
    packer.component(used, packer.put("show_a/lens.txt"))
    packer.store.create("AssetVersionLink", from_id=used, to_id=version["id"])
    cast = packer.shot()
    packer.component(packer.version(packer.asset(cast, "rig")), packer.put("show_a/rig.ma"))
    packer.store.create("TypedContextLink", from_id=cast, to_id=packer.shot_id)
    assert names(packer.gather()) == ["comp.mov", "lens.txt", "rig.ma"]
    assert names(packer.gather(with_used=False)) == ["comp.mov"]


def test_what_is_used_of_another_project_keeps_the_name_of_that_before_it(packer: Packer) -> None:
    packer.file("comp")
    (version_id,) = packer.gather().version_ids
    used = packer.version(packer.asset(packer.shot("show_b/sq010"), "lens"))
    packer.component(used, packer.put("show_b/sq010/lens.txt"))
    packer.store.create("AssetVersionLink", from_id=used, to_id=version_id)
    contents = packer.gather()
    assert paths_of(contents) == ["show_b/sq010/lens.txt", f"sq010/{packer.shot_name}/comp.mov"]
    assert set(contents.version_ids) == {version_id, used}
    packer.put("show_a/show_b/sq010/LENS.txt")
    assert "one to some systems" in why(packer.gather(added=["show_a/show_b/sq010/LENS.txt"]))


def test_what_lies_in_another_volume_cannot_go(packer: Packer) -> None:
    roots = {"linux": "/mnt/library", "windows": "L:\\library"}
    packer.map({"studio.hq": {"party": "hq"}, "library": {"party": "hq", "volume": "library", "roots": roots}})
    packer.component(packer.version(packer.asset(packer.shot_id)), "/mnt/library/hdri.exr")
    assert "It lies in the volume library, and packages are made in projects" in why(packer.gather())


def test_of_a_task_of_a_sequence_nothing_of_its_shots_goes(packer: Packer) -> None:
    packer.file("plate")
    sequence = packer.ids["show_a/sq010"]
    packer.component(packer.version(packer.asset(sequence, "edit")), packer.put("show_a/sq010/edit.mov"))
    task = packer.task("conform", sequence)
    packer.store.create("AssetVersion", asset_id=packer.asset(sequence, "none"))
    assert paths_of(packer.gather(task, with_used=False)) == ["sq010/edit.mov"]
    project = packer.task("bid", packer.ids["show_a"])
    assert packer.gather(project).files == ()


def test_a_sequence_of_frames_goes_whole_or_not_at_all(packer: Packer) -> None:
    packer.plate((1, 2, 3))
    assert names(packer.gather()) == ["f.0001.exr", "f.0002.exr", "f.0003.exr"]
    (packer.studio.hq / packer.folder / "plate/f.0002.exr").unlink()
    contents = packer.gather()
    assert contents.files == ()
    assert "f.0002.exr is not on the volume" in why(contents)


def test_what_is_registered_elsewhere_alone_cannot_go(packer: Packer) -> None:
    packer.file("plate", at=("studio.london",))
    assert "ftrack does not have it in studio.hq" in why(packer.gather())


def test_where_no_location_stands_for_head_quarters_only_added_files_go(packer: Packer) -> None:
    packer.plate()
    packer.mapping.write_text("{}")
    contents = packer.gather(added=[packer.put(f"{packer.folder}/a.txt")])
    assert names(contents) == ["a.txt"]
    assert "no ftrack location stands for acme" in why(contents)
    assert "`location`" in why(contents)


def test_the_location_that_the_rules_name_is_the_storages_whatever_it_is_called(packer: Packer) -> None:
    packer.plate()
    packer.mapping.write_text("{}")
    packer.rule(location="studio.hq")
    assert len(packer.gather().files) == 3


def test_work_comes_from_the_production_storage_where_head_quarters_are_a_relay(packer: Packer) -> None:
    root = packer.studio.site("london")
    packer.rule(production="site=london", root=str(root))
    path = f"{packer.folder}/inner.mov"
    packer.component(packer.version(packer.asset(packer.shot_id)), path, at=("studio.london",))
    assert "inner.mov is not on the volume" in why(packer.gather())
    (root / path).parent.mkdir(parents=True)
    (root / path).write_bytes(b"inner")
    (root / packer.folder / "more.txt").write_bytes(b"more")
    contents = packer.gather(added=[f"{packer.folder}/*.txt"])
    assert names(contents) == ["inner.mov", "more.txt"]
    made = packer.assemble(contents)
    assert (root / made.folder / "sq010" / packer.shot_name / "inner.mov").read_bytes() == b"inner"


# What somebody adds


def test_added_files_and_folders_go_in_any_notation(packer: Packer) -> None:
    for name in ("a.txt", "b.txt", "c.jpg", "d/e/f.txt"):
        packer.put(f"{packer.folder}/ref/{name}")
    ref, inside = f"{packer.folder}/ref", f"sq010/{packer.shot_name}/ref"
    assert paths_of(packer.gather(added=[f"{ref}/*.txt"])) == [f"{inside}/a.txt", f"{inside}/b.txt"]
    assert paths_of(packer.gather(added=[str(packer.studio.hq / ref / "d")])) == [f"{inside}/d/e/f.txt"]
    packer.map({"studio.hq": {"party": "hq", "roots": {"windows": "P:\\projects", "mac": "/Volumes/projects"}}})
    typed = f"p:/PROJECTS/{ref}/c.jpg".replace("/", "\\")
    assert paths_of(packer.gather(added=[typed])) == [f"{inside}/c.jpg"]
    assert len(packer.gather(added=[ref, f"{ref}/*"]).files) == 4


def test_an_added_path_that_leads_nowhere_is_told(packer: Packer) -> None:
    assert "no such file" in why(packer.gather(added=[f"{packer.folder}/none"]))
    assert "leads out" in why(packer.gather(added=["../../etc/passwd"]))
    assert "/etc/passwd" in why(packer.gather(added=["/etc/passwd"]))


def test_what_belongs_to_another_project_is_not_added(packer: Packer) -> None:
    packer.put("show_b/secret.txt")
    with pytest.raises(errors.Unresolved, match="show_b"):
        packer.gather(added=["show_b/secret.txt"])


def test_what_lies_in_folders_of_vendors_never_goes(packer: Packer) -> None:
    other = packer.assemble(packer.gather(added=[packer.put(f"{packer.folder}/own/a.txt")]), "other@vendor.test").folder
    packer.component(packer.version(packer.asset(packer.shot_id)), f"{other}/manifest.json")
    contents = packer.gather(
        added=["show_a/_vendors", other, f"{other}/WORK.md", f"{other}/w*", f"{packer.folder}/own"]
    )
    assert names(contents) == ["a.txt"]
    assert len(contents.left) >= 4
    kept = [each for each in contents.left if "a folder that vendors have to themselves" not in each.cause]
    assert all("no such file" in each.cause for each in kept)


def test_links_and_pipes_do_not_go(packer: Packer) -> None:
    folder = packer.studio.hq / packer.folder / "odd"
    folder.mkdir(parents=True)
    (folder / "secret").symlink_to("/etc/passwd")
    (folder / "outside").symlink_to("/etc")
    os.mkfifo(folder / "pipe")
    (folder / "plain").write_bytes(b"x")
    contents = packer.gather(added=[f"{packer.folder}/odd"])
    assert names(contents) == ["plain"]
    assert [each.cause.partition(": ")[2] for each in contents.left] == [
        "it is a link, and links are not followed.",
        "it is a pipe or a device, and no file.",
        "it is a link, and links are not followed.",
    ]
    packer.component(packer.version(packer.asset(packer.shot_id)), f"{packer.folder}/odd/outside/passwd")
    assert "link" in why(packer.gather())


def test_a_link_that_leads_nowhere_keeps_nothing_else_back(packer: Packer) -> None:
    packer.put(f"{packer.folder}/beside/a.txt")
    (packer.studio.hq / packer.folder / "beside/dead").symlink_to("nowhere")
    (packer.studio.hq / packer.folder / "dead").symlink_to("nowhere")
    assert names(packer.gather(added=[f"{packer.folder}/*/*.txt", f"{packer.folder}/beside"])) == ["a.txt"]
    assert "no such file" in why(packer.gather(added=[f"{packer.folder}/dead"]))


def test_names_that_not_every_system_has_do_not_go(packer: Packer) -> None:
    for name in ("ok.txt", "a:b", "con.txt", "OK.TXT", "e\u0301", "\u00e9", "x\u202egnp.exe", "trailing."):
        packer.put(f"{packer.folder}/names/{name}")
    contents = packer.gather(added=[f"{packer.folder}/names"])
    assert len(contents.files) == 2
    assert len(contents.left) == 6
    assert all(each.cause.isprintable() for each in contents.left)


def test_more_files_than_fit_into_one_package_are_refused(packer: Packer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents_module, "MOST_FILES", 2)
    packer.plate((1, 2))
    assert len(packer.gather().files) == 2
    packer.file("more")
    with pytest.raises(errors.Unresolved, match=r"3 files, and 2 are the most.*in parts"):
        packer.gather()


def test_contents_that_were_kept_as_json_are_the_same(packer: Packer) -> None:
    packer.plate((1, 2))
    packer.note(packer.task_id, "Keep the wires.")
    packer.rule(types=(".exr",))
    contents = packer.gather(added=[f"{packer.folder}/nothing"])
    assert contents.left
    assert Contents.kept(json.loads(json.dumps(dataclasses.asdict(contents)))) == contents


# What ftrack says of a task


def test_a_task_says_when_it_is_due_and_what_its_notes_are(packer: Packer) -> None:
    task = packer.task("paint", end_date="2026-12-01T00:00:00", description="Paint out.")
    packer.note(task, "Second.", date="2026-11-02T00:00:00")
    packer.note(packer.shot_id, "First, of the shot.", date="2026-11-01T00:00:00")
    packer.note(task, "What was sent to other@vendor.test", id="5a8e2b1c-7f0d-5c43-9d55-2f7e0c6b9a31")
    packer.note(packer.task_id, "Of another task.")
    (found,) = packer.gather(task).tasks
    assert (found.due, found.description, found.type) == ("2026-12-01", "Paint out.", "Compositing")
    assert [each.text for each in found.notes] == ["First, of the shot.", "Second."]
    assert found.name == f"show_a/sq010/{packer.shot_name}/paint"


def test_with_a_label_in_the_rules_only_notes_that_have_it_go(packer: Packer) -> None:
    for_vendors = packer.store.create("NoteLabel", name="For vendors")["id"]
    internal = packer.store.create("NoteLabel", name="Internal")["id"]
    for text, labels in (("Keep the wires.", [for_vendors, internal]), ("They cost too much.", [internal]), ("", [])):
        note = packer.note(packer.task_id, text or "Without a label.")
        for label in labels:
            packer.store.create("NoteLabelLink", note_id=note, label_id=label)
    packer.rule(notes_label="for Vendors")
    (found,) = packer.gather().tasks
    assert [each.text for each in found.notes] == ["Keep the wires."]
    packer.rule(notes_label="")
    assert len(packer.gather().tasks[0].notes) == 3


def test_a_label_that_ftrack_does_not_have_is_refused_before_anything_goes(packer: Packer) -> None:
    packer.rule(notes_label="For vendor's")
    with pytest.raises(errors.SettingsError, match=r"no label of notes.*notes_label"):
        packer.gather()


class _WithAttributes(FtrackConnection):
    """A ftrack with custom attributes, of which the sandbox has none: what it answers to the two queries for them."""

    def __init__(self, packer: Packer, values: Mapping[tuple[str, str], Any]) -> None:
        super().__init__(packer.connection.credentials)
        self._answer = [
            {"entity_id": each, "configuration_id": key, "value": values[each, key]} for each, key in values
        ]

    def query(self, expression: str) -> list[Any]:
        keys = ("fstart", "fend", "handles", "fps")
        rows = [{"id": key, "key": key, "is_hierarchical": key == "fps"} for key in keys]
        return rows if "from CustomAttributeConfiguration" in expression else super().query(expression)

    def rows(self, *expressions: str) -> list[list[dict[str, Any]]]:
        asked = any("from ContextCustomAttributeValue" in each for each in expressions)
        return [self._answer] if asked else super().rows(*expressions)


def test_frames_are_those_of_the_shot_and_the_rate_may_come_from_farther_above(packer: Packer) -> None:
    shot, sequence, project = packer.shot_id, packer.ids["show_a/sq010"], packer.ids["show_a"]
    own = {(shot, "fstart"): 1001.0, (shot, "fend"): 1010, (shot, "handles"): 4, (project, "fps"): 23.976}
    packer.connection.close()
    packer.connection = _WithAttributes(packer, {**own, (sequence, "fstart"): 1, (sequence, "fps"): None})
    contents = packer.gather()
    assert (contents.deliverables[0].first_frame, contents.deliverables[0].last_frame) == (997, 1014)
    found = packer.assemble(contents).manifest
    assert (found.first_frame, found.last_frame, found.handles, found.frame_rate) == (1001, 1010, 4, 23.976)


@pytest.mark.parametrize(
    ("first", "last"), [(10, 9), (1.5, 9), (None, 9), (True, 9), ("1", "9"), (0, 10**12), (float("nan"), 9)]
)
def test_frames_that_are_none_are_not_known(packer: Packer, first: Any, last: Any) -> None:
    packer.connection.close()
    packer.connection = _WithAttributes(packer, {(packer.shot_id, "fstart"): first, (packer.shot_id, "fend"): last})
    (found,) = packer.gather().tasks
    assert (found.first_frame, found.last_frame) == (None, None)


def test_what_no_custom_attribute_says_is_not_known(packer: Packer) -> None:
    (found,) = packer.gather().tasks
    assert (found.first_frame, found.last_frame, found.handles, found.frame_rate) == (None, None, None, None)


def test_the_asset_of_the_next_version_is_the_one_that_the_task_was_published_to(packer: Packer) -> None:
    (new,) = packer.gather().deliverables
    assert (new.asset_id, new.asset_name, new.next_version) == ("", "comp", 1)
    named = packer.asset(packer.shot_id, "Comp")
    packer.version(named, 3)
    (like,) = packer.gather().deliverables
    assert (like.asset_id, like.asset_name, like.next_version) == (named, "Comp", 4)
    made = packer.asset(packer.shot_id, "slapcomp")
    packer.version(made, 7, packer.task_id)
    packer.version(made, 9)
    (own,) = packer.gather().deliverables
    assert (own.asset_id, own.next_version) == (made, 10)
    assert own.named(10) == f"{packer.shot_name}_comp_v010"


def test_two_tasks_that_would_be_delivered_under_one_name_are_told_of(packer: Packer) -> None:
    other = packer.task("roto")
    assert len(packer.gather(packer.task_id, other).deliverables) == 2
    packer.rule(naming="{shot}_v{version:03d}")
    with pytest.raises(errors.SettingsError, match="two tasks one name"):
        packer.gather(packer.task_id, other)
    packer.rule(naming="{studio}_v{version}")
    with pytest.raises(errors.SettingsError, match=r"\{studio\} is none of"):
        packer.gather()


def test_tasks_that_are_none_or_of_several_projects_are_refused(packer: Packer) -> None:
    with pytest.raises(errors.Unresolved, match="no task of this id"):
        packer.gather('x" or id is_not "')
    with pytest.raises(errors.Unresolved, match="no task of this id"):
        packer.gather(packer.shot_id)
    with pytest.raises(errors.Unresolved, match="show_a, show_b"):
        packer.gather(packer.task_id, packer.ids["show_b/sq010/sh010/Animation"])


def test_the_number_of_requests_does_not_grow_with_what_goes(packer: Packer) -> None:
    def requests(*tasks: str) -> tuple[int, int]:
        packer.studio.ftrack.log.clear()
        packer.studio.accsyn.log.clear()
        assert packer.gather(*tasks, added=[f"{packer.folder}/plate/f.0001.exr"]).files
        return len(packer.studio.ftrack.log.operations()), len(packer.studio.accsyn.log.operations())

    packer.plate((1, 2))
    before = requests()
    tasks = [packer.task(f"t{number}") for number in range(30)]
    for task in tasks:
        packer.note(task, "Note.")
        packer.version(packer.asset(packer.shot_id, task), 1, task)
        packer.plate(range(1, 4), packer.version(packer.asset(packer.shot_id, f"plate {task}")))
    after = requests(*tasks)
    assert before[0] <= 24
    assert after[0] <= before[0] + 4
    assert after[1] <= before[1]
