"""What `setup.py build_plugin` puts into the archive, and what it must not."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers import ROOT
from manual import MANUAL

VERSION_MODULE = ROOT / "source" / "ftrack_accsyn_accessor" / "_version.py"
VERSION = re.search(r'^__version__ = "(.+)"$', VERSION_MODULE.read_text(), re.MULTILINE).group(1)


def names(archive):
    with zipfile.ZipFile(archive) as packed:
        return packed.namelist()


def test_archive_is_named_as_connect_wants_it_and_beside_its_unpacked_folder(archive):
    # Connect's plugin manager reads name and version from the file name, and ignores what does not match.
    assert archive.name == f"ftrack-accsyn-accessor-{VERSION}.zip"
    assert re.fullmatch(r".+?-\d+\.\d+\.\d+", archive.stem)
    unpacked = archive.parent / archive.stem
    files = sorted(path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file())
    assert files == sorted(names(archive))


def test_archive_has_hook_resource_dependencies_readme_and_license_at_its_root(archive):
    assert {name.split("/")[0] for name in names(archive)} == {
        "hook",
        "dependencies",
        "resource",
        "README.md",
        "LICENSE",
    }
    assert any(re.fullmatch(r"hook/\w+\.py", name) for name in names(archive))


def test_dependencies_are_our_package_and_what_the_host_lacks_and_nothing_else(plugin):
    found = {path.name for path in (plugin / "dependencies").iterdir() if not path.name.endswith(".dist-info")}
    assert found == {"ftrack_accsyn_accessor", "accsyn_api", "filelock"}


def test_nothing_compiled_hidden_or_of_the_sandbox_and_command_line_is_carried(archive):
    for name in names(archive):
        assert Path(name).suffix not in {".so", ".pyd", ".dll", ".dylib", ".pyc"}, name
        assert "__pycache__" not in name
        assert "ftrack_accsyn_sandbox" not in name
        assert not name.startswith("dependencies/ftrack_accsyn_accessor/cli")
        assert not any(part.startswith(".") for part in name.split("/"))


def test_every_module_of_the_package_but_the_command_line_is_carried(plugin):
    source = ROOT / "source" / "ftrack_accsyn_accessor"
    modules = {path.relative_to(source) for path in source.rglob("*.py")}
    carried = plugin / "dependencies" / "ftrack_accsyn_accessor"
    assert {path.relative_to(carried) for path in carried.rglob("*.py")} == {
        module for module in modules if module.parts[0] != "cli"
    }


def test_every_carried_module_is_python_3_9(plugin):
    for module in plugin.rglob("*.py"):
        ast.parse(module.read_text(encoding="utf-8"), str(module), feature_version=(3, 9))


def test_licenses_of_the_bundled_packages_travel_with_them(plugin):
    for name in ("accsyn_python_api", "filelock"):
        (info,) = (plugin / "dependencies").glob(f"{name}-*.dist-info")
        assert re.search(r"^License", (info / "METADATA").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_manual_is_carried_and_pictures_are_not(archive):
    icons = {"icon.svg", *(f"icon_{size}.png" for size in (16, 32, 64, 128, 256))}
    pages = {f"manual/{page.name}" for page in MANUAL.iterdir()}
    carried = {name.partition("/")[2] for name in names(archive) if name.startswith("resource/")}
    assert "manual/vendors.md" in pages
    assert carried == {"ftrack-accsyn.service", "locations.example.toml", "vendors.example.toml", *icons, *pages}
    assert archive.stat().st_size < 1_200_000


def test_building_twice_gives_the_same_bytes(archive, build_plugin, tmp_path):
    assert build_plugin(tmp_path / "again").read_bytes() == archive.read_bytes()


def test_building_again_leaves_nothing_of_the_earlier_build(archive, build_plugin, tmp_path):
    output = tmp_path / "output"
    stale = output / archive.stem / "hook" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    build_plugin(output)
    assert not stale.exists()
    assert sorted(path.name for path in output.iterdir()) == [archive.stem, archive.name]


def test_failed_build_says_why_and_leaves_nothing_that_looks_like_a_plugin(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "build", "tests", "__pycache__"))
    output = tmp_path / "output"
    failed = subprocess.run(
        [sys.executable, "setup.py", "build_plugin", "--output", str(output)],
        cwd=copy,
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 1
    assert "Could not fetch accsyn-python-api 3.4.0" in failed.stderr
    assert list(output.iterdir()) == []


@pytest.mark.parametrize(
    ("intruder", "complaint"),
    [("_speedups.so", "compiled"), ("requests/__init__.py", "dependencies/ should hold exactly")],
)
def test_an_archive_that_would_break_a_host_is_refused(archive, plugin, tmp_path, intruder, complaint):
    planted = plugin / "dependencies" / intruder
    planted.parent.mkdir(exist_ok=True)
    planted.touch()
    shutil.copy(ROOT / "setup.py", tmp_path)
    check = f"import setup; from pathlib import Path; setup.check(Path({str(plugin)!r}))"
    refused = subprocess.run([sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert complaint in refused.stderr
    assert intruder.split("/")[0] in refused.stderr
