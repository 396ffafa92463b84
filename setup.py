"""Package metadata, and `python setup.py build_plugin`: the archive that ftrack Connect installs.

The version is read from the package, where it stands once; everything else about the distribution stands here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import ClassVar

from setuptools import Command, find_packages, setup

ROOT = Path(__file__).resolve().parent
SOURCE = ROOT / "source"
WHEELS = ROOT / "build" / "wheels"
NAME = "ftrack-accsyn-accessor"
PACKAGE = "ftrack_accsyn_accessor"

# What the archive carries besides our package: pure Python that a host of ftrack_api lacks, in exactly one version,
# because nobody resolves versions inside a host. What ftrack_api itself brings (requests among it) stays the host's.
BUNDLED = {
    "accsyn-python-api": "3.4.0",  # newest client; the plugin helps it to import on CPython 3.9
    "filelock": "3.19.1",  # the last release that runs on CPython 3.9
}
BUNDLED_MODULES = {"accsyn_api", "filelock"}

# The oldest CPython the archive must run on; pip refuses a bundled release that does not claim to.
OLDEST_PYTHON = "3.9"

COMPILED_SUFFIXES = {".so", ".pyd", ".dll", ".dylib", ".pyc", ".pyo"}
NOT_CARRIED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", ".*")

# Pictures for whoever reads README where it is shown with them; hosts need icons and examples only.
RESOURCE_NOT_CARRIED = shutil.ignore_patterns("action_*.png", "tab_*.png", "terminal_*.png", ".*")

# The command line needs click and rich, which the archive does not carry.
PACKAGE_NOT_CARRIED = shutil.ignore_patterns("__pycache__", "*.pyc", "cli")

# Ten seconds in all: what another program has open cannot be moved on Windows.
MOVE_PAUSES_S = (0.05,) * 20 + (0.3,) * 30

# Zip knows no earlier moment: with it, equal content gives an equal archive.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)

CLI = ["click>=8.1,<9", "rich>=13,<16"]
WINDOW = ["PySide6-Essentials>=6.8,<6.12", *CLI]  # 6.12.0 breaks CPython before 3.12: it miscounts None
SANDBOX = ["aiohttp>=3.10,<4", "lark>=1.2,<2", "trustme>=1.1,<2", *CLI]
TEST = [
    "hypothesis>=6.100,<7",
    "pytest>=8.3,<10",
    "pytest-timeout>=2.3,<3",
    "pytest-xdist>=3.6,<4",
    "selenium>=4.21,<4.22",  # later ones need a websocket-client that ftrack_api refuses
    *SANDBOX,
    *WINDOW,
]
# Servers for the accessors of others; those themselves ask for older clients of ftrack, and are fetched by their tests.
INTEROP = [
    "boto3>=1.35,<2",
    "flask>=3,<4",  # it and the next for moto's server; `moto[server]` cannot live with ftrack-python-api's pyparsing
    "flask-cors>=4,<7",
    "moto[s3]>=5,<6",
    "paramiko>=3.4,<5",
]
DEV = [
    *(f"{name}=={version}" for name, version in BUNDLED.items()),  # tested is what the archive carries
    "mfusepy>=3.1,<4",  # disks with the manners of other systems; pure Python, for libfuse 2 and 3
    "mypy>=1.18,<2",  # 1.x is the last that can check against CPython 3.9
    "pytest-cov>=7,<8",
    "ruff==0.17.6",  # exact: another release may format differently
    "setuptools>=68",  # `setup.py build_plugin`; CPython 3.12 and later come without
    "types-requests>=2.31,<3",
    "wheel",
    *INTEROP,
    *TEST,
]


def read_version() -> str:
    """The version of the package, without importing it."""
    text = (SOURCE / PACKAGE / "_version.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise SystemExit(f"No __version__ found in {SOURCE / PACKAGE / '_version.py'}.")
    return found.group(1)


class BuildPlugin(Command):
    """Write `<output>/ftrack-accsyn-accessor-<version>/` and the .zip of it.

    One archive serves Linux, macOS and Windows and CPython 3.9 to 3.13, so it must not contain anything compiled. Its
    files lie at the root of the archive: Connect unpacks it into a folder named after it.
    """

    description = "build the plugin archive for ftrack Connect"
    user_options: ClassVar = [("output=", "o", "folder to write to [default: build]")]

    def initialize_options(self) -> None:
        self.output: str | None = None

    def finalize_options(self) -> None:
        self.output_folder = ROOT / (self.output or "build")

    def run(self) -> None:
        folder = self.output_folder / f"{NAME}-{read_version()}"
        archive = folder.with_name(f"{folder.name}.zip")
        self.output_folder.mkdir(parents=True, exist_ok=True)
        # Made aside and moved into place whole: a failed build leaves nothing that looks like a plugin.
        with tempfile.TemporaryDirectory(prefix=".plugin-", dir=self.output_folder) as temporary:
            staged = Path(temporary) / folder.name
            stage(staged)
            check(staged)
            packed = Path(temporary) / archive.name
            pack(staged, packed)
            move(staged, folder)
            move(packed, archive)
        print(f"Built {archive}")


def stage(folder: Path) -> None:
    """Lay out the content of the archive in *folder*."""
    shutil.copytree(ROOT / "hook", folder / "hook", ignore=NOT_CARRIED)
    shutil.copytree(ROOT / "resource", folder / "resource", ignore=RESOURCE_NOT_CARRIED)
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    dependencies = folder / "dependencies"
    unpack_bundled(dependencies)
    shutil.copytree(SOURCE / PACKAGE, dependencies / PACKAGE, ignore=PACKAGE_NOT_CARRIED)


def unpack_bundled(target: Path) -> None:
    """Put the content of the bundled packages' wheels, and nothing that they depend on, into *target*.

    Unpacked rather than installed: an installation adds start scripts and records that name this machine's paths.
    """
    for name, version in BUNDLED.items():
        with zipfile.ZipFile(fetch_wheel(name, version)) as packed:
            packed.extractall(target)


def fetch_wheel(name: str, version: str) -> Path:
    """Give the wheel of a package; fetched once and kept, so that a later build needs no package index."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    pattern = f"{name.replace('-', '_')}-{version}-*-none-any.whl"
    kept = next(WHEELS.glob(pattern), None)
    if kept is not None:
        return kept
    # Builds may run side by side: fetched aside, then moved into place whole.
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=WHEELS) as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
        # Wheels of pure Python only, for any platform, whatever Python builds the archive.
        portable = ["--platform=any", "--implementation=py", "--abi=none", f"--python-version={OLDEST_PYTHON}"]
        options = ["--no-deps", "--only-binary=:all:", f"--dest={folder}", *portable]
        if subprocess.run([*pip, *options, f"{name}=={version}"], check=False).returncode:
            raise SystemExit(
                f"Could not fetch {name} {version} as a wheel of pure Python. "
                "See pip's message above; the first build needs a package index within reach."
            )
        fetched = next(Path(folder).glob(pattern))
        return move(fetched, WHEELS / fetched.name)


def move(source: Path, target: Path) -> Path:
    """Let *source* take the place of *target*, and return that.

    Windows refuses as long as another program has a file of either open, and a virus scanner looks into each new one.
    """
    for pause_s in MOVE_PAUSES_S:
        try:
            shutil.rmtree(target, ignore_errors=True)  # does nothing to a file
            return source.replace(target)
        except PermissionError:
            time.sleep(pause_s)
    return source.replace(target)


def check(folder: Path) -> None:
    """Refuse a build that would break a host: something compiled, or a package that is the host's own business."""
    compiled = sorted(str(path) for path in folder.rglob("*") if path.suffix in COMPILED_SUFFIXES)
    if compiled:
        raise SystemExit(f"The archive must run everywhere, but these files are compiled: {compiled}")
    expected = {PACKAGE} | BUNDLED_MODULES
    expected |= {f"{name.replace('-', '_')}-{version}.dist-info" for name, version in BUNDLED.items()}
    found = {path.name for path in (folder / "dependencies").iterdir()}
    if found != expected:
        raise SystemExit(
            f"dependencies/ should hold exactly {sorted(expected)}, but holds {sorted(found)}. "
            "BUNDLED and BUNDLED_MODULES in setup.py say what belongs there."
        )


def pack(folder: Path, archive: Path) -> None:
    """Zip the content of *folder*, so that equal content gives an equal archive."""
    with zipfile.ZipFile(archive, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            item = zipfile.ZipInfo(path.relative_to(folder).as_posix(), TIMESTAMP)
            item.compress_type = zipfile.ZIP_DEFLATED
            item.create_system = 3  # Unix, on Windows too: else the mode is ignored
            item.external_attr = 0o644 << 16
            packed.writestr(item, path.read_bytes())


if __name__ == "__main__":
    setup(
        name=NAME,
        version=read_version(),
        description="An ftrack location whose files travel to the studio by accsyn",
        long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
        long_description_content_type="text/markdown",
        license="Apache-2.0",
        package_dir={"": "source"},
        packages=find_packages("source"),
        package_data={"": ["*.lark", "py.typed"], "ftrack_accsyn_sandbox.ftrack": ["page/*"]},
        python_requires=">=3.9",
        install_requires=[
            "accsyn-python-api>=3.0.1,<4",  # 3.0.0 looks its server up as no other release does
            "filelock>=3.12,<4",  # 3.x has releases for CPython 3.9
            "ftrack-python-api>=2.5,<4",
        ],
        extras_require={"cli": CLI, "window": WINDOW, "sandbox": SANDBOX, "interop": INTEROP, "test": TEST, "dev": DEV},
        entry_points={"console_scripts": ["ftrack-accsyn = ftrack_accsyn_accessor.cli:main"]},
        cmdclass={"build_plugin": BuildPlugin},
        classifiers=[
            "Environment :: Plugins",
            "Operating System :: OS Independent",
            "Programming Language :: Python :: 3",
            "Programming Language :: Python :: 3.9",
            "Programming Language :: Python :: 3.10",
            "Programming Language :: Python :: 3.11",
            "Programming Language :: Python :: 3.12",
            "Programming Language :: Python :: 3.13",
        ],
    )
