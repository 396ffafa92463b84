"""Packages on a real volume, of a real studio: whole or not there, whatever happens while they are made."""

from __future__ import annotations

import hashlib

from ftrack_accsyn_accessor.model import manifest
from packing import Packer


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
    assert made.folder.startswith("show_a/_vendors/ana-vendor-test-")
    assert packer.shot_name.encode() in lying[manifest.WORK]
