"""The framework's own publisher, from a checkout of ftrack's integrations: the package index has its libraries alone.

INTEGRATIONS names the folder of the checkout. It is run with the libraries of the index, and with its own, which
are for a newer CPython and a newer ftrack-python-api.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from e2e.framework.applications import ENVIRONMENTS, FOLDER, Desk, framework
from e2e.hosts import Host
from environments import build, interpreters
from ftrack_accsyn_sandbox.studio import Studio

CHECKOUT = Path(os.environ.get("INTEGRATIONS") or "not told")
PLUGINS = CHECKOUT / "projects" / "framework-common-extensions"

# The slow tier: an environment of the framework is installed at its first use.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not PLUGINS.is_dir(), reason="INTEGRATIONS names no checkout of ftrack's integrations"),
]

VERSION = "show_a/sq010/sh010/comp/v001"
FRAMES = range(1001, 1006)
#: What the libraries of the checkout ask for.
REQUIREMENTS = ["ftrack-python-api==3.1.0", "clique==1.6.1", "platformdirs", "pyyaml", "six", "toml", "packaging"]


@pytest.fixture(params=["index", "checkout"])
def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Host:
    python = {"index": "3.11", "checkout": "3.13"}[request.param]
    if python not in interpreters():
        pytest.skip(f"this machine has no CPython {python}")
    if request.param == "index":
        return framework(python)
    return Host(build(ENVIRONMENTS / f"checkout-{python}", python, REQUIREMENTS), "3.1.0")


@pytest.fixture
def desk(host: Host, studio: Studio, plugin: Path, tmp_path: Path) -> Desk:
    found = Desk(host, studio, plugin, tmp_path)
    extensions = tmp_path / "extensions"
    extensions.mkdir()
    for folder in ("engines", "plugins"):  # the others need Qt
        shutil.copytree(PLUGINS / folder, extensions / folder)
    shutil.copy(FOLDER / "stock_publisher.yaml", extensions)
    found.environment["FTRACK_FRAMEWORK_EXTENSIONS_PATH"] = str(extensions)
    if host.ftrack_api == "3.1.0":
        libraries = [CHECKOUT / "libs" / name / "source" for name in ("framework-core", "utils", "constants")]
        found.environment["PYTHONPATH"] = os.pathsep.join(map(str, libraries))
    return found


def test_what_the_stock_publisher_publishes_arrives(desk: Desk) -> None:
    desk.file("cut.mov")
    desk.sequence(FRAMES)
    context = {
        "MEDIA": str(desk.media),
        "STATUS": desk.rows("Status")[0]["id"],
        "ASSET_TYPE": desk.rows("AssetType")[0]["short"],
    }
    with desk.application("stock-publisher", **context) as application:
        assert all(report["good"] for report in application.plugins().values()), application.text
        desk.arrived(f"{VERSION}/movie.mov", f"{VERSION}/beauty.%d.exr")
    assert desk.hq_files() == {
        f"{VERSION}/movie.mov": (desk.media / "cut.mov").read_bytes(),
        **{f"{VERSION}/beauty.{frame}.exr": (desk.media / f"render.{frame}.exr").read_bytes() for frame in FRAMES},
    }
