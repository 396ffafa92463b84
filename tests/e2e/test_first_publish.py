"""README's first publish, typed by a newcomer who has a checkout and nothing else; and what it says to install."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT
from manual import lines, pages, to_run, typed

sh_only = pytest.mark.skipif(os.name == "nt", reason="it is written for sh")
#: pip as it is, but for the network, and for the environment that the tests run in.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_CONFIG_FILE": os.devnull}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own, as far as pip and a session look at it."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    for name in ("source", "hook"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "activate").touch()  # the interpreter of the tests is on PATH
    return folder


@sh_only
def test_a_newcomer_publishes_with_readme_alone(checkout: Path) -> None:
    saved = [block for block in to_run("README") if block.file]
    (checkout / "try").mkdir()
    for block in saved:
        (checkout / "try" / block.file).write_text(block.text, encoding="utf-8")
    wanted = [line for user, line in lines("README") if not line.startswith("pip ")]
    with Studio(checkout / "try" / "studio") as studio:
        state = {"XDG_STATE_HOME": str(checkout / "state")}
        told = typed("\n".join(wanted), {**studio.environment(), **state}, checkout)
    found = [Path(line).name for line in told.splitlines() if line.startswith("studio/hq/projects/show_a/sq010/sh010/")]
    assert sorted(found) == ["beauty.1001.exr", "beauty.1002.exr", "movie.mov", "stone.tx", "wood.tx"]
    assert "studio.hq" in told, "what `where` says"


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    """The wheel that `make build` writes."""
    (recipe,) = [line.strip() for line in (ROOT / "Makefile").read_text().splitlines() if "pip wheel" in line]
    typed(recipe.replace("$(BIN)/python", sys.executable), OFFLINE, checkout)
    (found,) = (checkout / "build").glob("*.whl")
    return found


def installs() -> list[str]:
    """Return what README and the manual have people install."""
    return sorted({line for page in pages() for _, line in lines(page.stem) if line.startswith("pip ")})


@sh_only
@pytest.mark.parametrize("line", installs())
def test_what_is_to_be_installed_can_be_from_a_checkout_or_the_wheel(
    line: str, checkout: Path, wheel: Path, tmp_path: Path
) -> None:
    if "/" not in line and ".whl" in line:
        shutil.copy(wheel, checkout)  # as the studio has sent it
    typed(line, {**OFFLINE, "PIP_TARGET": str(tmp_path / "target"), "PYTHONPATH": ""}, checkout)
    variables = {"PYTHONPATH": str(tmp_path / "target")}
    assert "Usage: ftrack-accsyn" in typed(f"{tmp_path}/target/bin/ftrack-accsyn --help", variables, tmp_path)
    extra = line.partition("[")[2].partition("]")[0]
    (metadata,) = (tmp_path / "target").glob("ftrack_accsyn_accessor-*.dist-info/METADATA")
    assert f"Provides-Extra: {extra}\n" in metadata.read_text(encoding="utf-8")


def test_nothing_is_to_be_installed_from_an_index_that_does_not_have_it() -> None:
    for path in (*pages(), *(ROOT / "source").rglob("*.py")):
        assert "ftrack-accsyn-accessor[" not in path.read_text(encoding="utf-8"), path
