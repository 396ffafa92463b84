"""Packages on a real volume, of a real studio: whole or not there, whatever happens while they are made."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import os
import threading
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model import manifest
from ftrack_accsyn_accessor.model.errors import Conflict, ManifestError, StorageError
from packing import VENDOR, Packer


def test_a_package_holds_the_files_of_its_task_with_manifest_and_page(packer: Packer) -> None:
    component_id = packer.plate((1, 2, 3))
    made = packer.assemble()
    lying = packer.lying(made)
    inside = f"sq010/{packer.shot_name}/plate"
    assert {path for path in lying if "/" in path} == {f"{inside}/f.{frame:04d}.exr" for frame in (1, 2, 3)}
    assert manifest.read(lying[manifest.NAME]) == made.manifest
    assert {each.path: each.sha256 for each in made.files} == {
        path: hashlib.sha256(content).hexdigest() for path, content in lying.items() if "/" in path
    }
    assert {each.component_id for each in made.files} == {component_id}
    assert made.size_bytes == sum(len(lying[each.path]) for each in made.files)
    assert packer.shot_name.encode() in lying[manifest.WORK]


def test_the_manifest_says_whose_it_is_and_where_it_belongs(packer: Packer) -> None:
    packer.rule(handles=8, colour_space="ACEScg", types=(".exr",), deliverables=("main", "review"))
    task = packer.task("paint", end_date="2026-12-01T00:00:00", description="Paint out.")
    packer.file()
    made = packer.assemble(packer.gather(task))
    found = made.manifest
    assert (found.vendor, found.project, found.project_id) == (VENDOR, "show_a", packer.ids["show_a"])
    assert (found.due, found.colour_space, found.handles) == ("2026-12-01", "ACEScg", 8)
    assert (found.notes, found.tasks) == (("Paint out.",), ((task, f"{packer.folder}/paint"),))
    (wanted,) = found.deliverables
    assert (wanted.components, wanted.types, wanted.task_id) == (("main", "review"), (".exr",), task)
    assert made.folder == f"show_a/_vendors/{made.folder.split('/')[2]}/to/{made.id}"
    assert found.to_share
    assert found.from_share != found.to_share
    assert f"{packer.shot_name}_paint_{found.made_at[:10]}_" in made.id


def test_the_same_contents_are_the_same_package_and_it_stays_as_it_is(packer: Packer) -> None:
    packer.plate()
    made = packer.assemble()
    before = {path: os.stat(packer.root(made) / path).st_mtime_ns for path in packer.lying(made)}
    assert packer.assemble() == made
    assert {path: os.stat(packer.root(made) / path).st_mtime_ns for path in packer.lying(made)} == before
    assert [each.name for each in packer.root(made).parent.iterdir() if packer.shot_name in each.name] == [made.id]


def test_other_contents_words_or_vendors_are_another_package(packer: Packer) -> None:
    packer.plate()
    made = [packer.assemble()]
    made.append(packer.assemble(vendor="bob@vendor.test"))
    packer.note(packer.task_id, "One more thing.")
    made.append(packer.assemble())
    packer.put(f"{packer.folder}/plate/f.0001.exr", b"other")
    made.append(packer.assemble())
    packer.rule(guidelines="Mind the edges.")
    made.append(packer.assemble())
    assert len({each.id for each in made}) == 5
    assert len({Path(each.folder).parent for each in made}) == 2


def test_what_was_begun_yesterday_is_the_package_that_goes_on_today(packer: Packer) -> None:
    packer.plate()
    made = packer.assemble()
    today = made.manifest.made_at[:10]
    yesterday = (datetime.date.fromisoformat(today) - datetime.timedelta(days=1)).isoformat()
    older = made.id.replace(today, yesterday)
    begun = packer.root(made).rename(packer.root(made).with_name(older))
    (begun / manifest.NAME).unlink()
    assert packer.assemble().id == older
    assert manifest.read((begun / manifest.NAME).read_bytes()).package == older


def test_a_task_without_files_is_a_package_all_the_same(packer: Packer) -> None:
    made = packer.assemble()
    assert sorted(packer.lying(made)) == [manifest.WORK, manifest.NAME]
    assert made.files == ()


# What goes wrong


@pytest.mark.parametrize("change", ["other content of the same size", "longer", "gone", "a link"])
def test_a_source_that_has_changed_since_it_was_looked_at_makes_no_package(packer: Packer, change: str) -> None:
    packer.plate((1, 2))
    contents = packer.gather()
    source = packer.studio.hq / packer.folder / "plate/f.0002.exr"
    source.unlink()
    if change == "a link":
        source.symlink_to("f.0001.exr")
    elif change != "gone":
        source.write_bytes(b"x" if change.startswith("other") else b"longer")
    with pytest.raises(Conflict, match=r"f\.0002\.exr\): it (has changed|is gone) since it was looked at"):
        packer.assemble(contents)
    assert not list(packer.studio.hq.glob(f"show_a/_vendors/*/to/{packer.shot_name}*/{manifest.NAME}"))


def test_what_is_larger_than_the_free_space_is_not_begun(packer: Packer) -> None:
    huge = packer.studio.hq / packer.put(f"{packer.folder}/huge.bin")
    os.truncate(huge, 4 << 40)  # holes, which a copy would fill
    packer.file("small")
    contents = packer.gather(added=[f"{packer.folder}/huge.bin"])
    assert contents.size_bytes > 4 << 40
    with pytest.raises(StorageError, match="are free on the volume"):
        packer.assemble(contents)
    assert not list(packer.studio.hq.glob(f"show_a/_vendors/*/to/{packer.shot_name}*/**/small.mov"))


@pytest.mark.parametrize("whole", [False, True], ids=["unfinished", "whole"])
def test_what_somebody_put_into_the_package_is_never_handed_out(packer: Packer, whole: bool) -> None:
    packer.plate((1, 2))
    made = packer.assemble()
    if not whole:
        (packer.root(made) / manifest.NAME).unlink()
    (packer.root(made) / "secret.txt").write_bytes(b"not for them")
    with pytest.raises(StorageError, match=r"secret\.txt lies in it"):
        packer.assemble()
    (packer.root(made) / "secret.txt").unlink()
    os.truncate(packer.root(made) / made.files[0].path, 0)
    with pytest.raises(StorageError, match=r"not what was put there|with other content"):
        packer.assemble()
    (packer.root(made) / made.files[0].path).unlink()
    (packer.root(made) / made.files[0].path).symlink_to("/etc/passwd")
    with pytest.raises(StorageError):
        packer.assemble()


def test_a_manifest_that_was_edited_is_not_taken_for_the_package(packer: Packer) -> None:
    packer.plate((1, 2))
    made = packer.assemble()
    path = packer.root(made) / manifest.NAME
    edited = json.loads(path.read_bytes())
    edited["files"] = edited["files"][:1]
    path.write_text(json.dumps(edited))
    with pytest.raises(StorageError, match="its manifest is another one"):
        packer.assemble()


def test_nothing_is_copied_where_there_can_be_no_manifest(packer: Packer) -> None:
    packer.plate((1, 2))
    contents = packer.gather()
    odd = dataclasses.replace(contents, project="a\x1bb")
    with pytest.raises(ManifestError):
        packer.assemble(odd)
    assert not list(packer.studio.hq.glob(f"*/_vendors/*/to/{packer.shot_name}*"))


def test_of_two_that_make_the_same_package_at_once_one_does_and_the_other_has_it_or_says_so(packer: Packer) -> None:
    packer.plate(range(20))
    contents = packer.gather()
    made: list[object] = []

    def make() -> None:
        try:
            made.append(packer.assemble(contents))
        except StorageError as error:
            made.append(error)

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = packer.assemble(contents)
    assert again in made
    assert all(each == again or isinstance(each, StorageError) for each in made)


def test_a_link_in_place_of_a_vendors_folder_is_not_followed(packer: Packer, tmp_path: Path) -> None:
    packer.plate((1, 2))
    made = packer.assemble(vendor="mallory@vendor.test")
    to_folder = packer.root(made).parent
    to_folder.rename(to_folder.with_name("away"))
    to_folder.symlink_to(tmp_path)
    with pytest.raises(StorageError, match="a link or a file lies where a folder was expected"):
        packer.assemble(vendor="mallory@vendor.test")
    assert not list(tmp_path.glob(f"*{packer.shot_name}*"))


@pytest.mark.parametrize(
    "name",
    [
        *("../../etc", "{version.__class__}", "a/b\\c", "# x [y](http://z)", "\u202egnp.exe", "CON", "..", "\ud800"),
        *("$(rm)", "`", "\u65e5" * 90, "x" * 300),
    ],
    ids=ascii,
)  # fmt: skip
def test_whatever_a_task_is_called_its_package_has_a_plain_name(packer: Packer, name: str) -> None:
    contents = packer.gather(packer.task(name))
    made = packer.assemble(contents)
    assert made.folder.split("/")[:2] == ["show_a", "_vendors"]
    assert len(made.folder.split("/")) == 5
    assert all(each.isalnum() or each in "_-." for each in made.id)
    (wanted,) = contents.deliverables
    assert not set(wanted.named(1)) & set("/\\{}$`\u202e")
    assert (packer.root(made) / manifest.WORK).read_text(encoding="utf-8").count("\n# ") == 0
