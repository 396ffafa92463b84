"""A process of somebody else swaps a folder, and a file, for links while the volume is worked on: none is followed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from ftrack_accsyn_accessor.model.errors import StorageError
from ftrack_accsyn_accessor.model.submission import FoundKind
from ftrack_accsyn_accessor.vendor.storage import Storage
from helpers import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux exchanges two entries in one step")

OURS, SECRET = b"ours" * 1000, b"secret" * 1000
#: Exchanges what lies there for a link, and back, without end.
SWAP = """
import ctypes, os, sys
path, target = sys.argv[1:]
link = path + ".link"
os.symlink(target, link)
exchange = ctypes.CDLL(None).renameat2
print("ready", flush=True)
while True:
    exchange(-100, os.fsencode(path), -100, os.fsencode(link), 2)
"""


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """A volume with a delivery, beside a folder with the same names that nobody may see."""
    for folder, data in (("volume/from/unit", OURS), ("outside", SECRET)):
        (tmp_path / folder / "pass").mkdir(parents=True)
        for name in ("a.exr", "pass/b.exr"):
            (tmp_path / folder / name).write_bytes(data)
    (tmp_path / "outside" / "only.txt").write_bytes(SECRET)
    return Storage(tmp_path / "volume")


@contextlib.contextmanager
def swapping(path: Path, target: Path) -> Iterator[None]:
    """Have another process swap *path* for a link to *target*, and back, all the while."""
    swapper = subprocess.Popen([sys.executable, "-c", SWAP, str(path), str(target)], stdout=subprocess.PIPE)
    assert swapper.stdout is not None
    with swapper:
        try:
            swapper.stdout.readline()
            yield
        finally:
            swapper.kill()


def tried(work: Callable[[], object], good: Callable[[object], bool]) -> Counter[str]:
    """Do *work* until it has been done, and been refused, often enough; everything that is done has to be *good*."""
    seen: Counter[str] = Counter()

    def again() -> bool:
        try:
            answer = work()
        except StorageError:
            seen["refused"] += 1
        else:
            assert good(answer)
            seen["done"] += 1
        return min(seen["done"], seen["refused"]) >= 8

    wait_until(again, 20)
    return seen


@pytest.mark.parametrize("swapped", ["from/unit", "from/unit/pass", "from/unit/pass/b.exr"])
@pytest.mark.parametrize("call", ["read", "digest", "copy", "walk"])
def test_what_lies_behind_a_swapped_link_is_never_read(
    storage: Storage, tmp_path: Path, call: str, swapped: str
) -> None:
    targets = {"from/unit": "outside", "from/unit/pass": "outside/pass", "from/unit/pass/b.exr": "outside/pass/b.exr"}
    path, digest = "from/unit/pass/b.exr", hashlib.sha256(OURS).hexdigest()
    numbers = iter(range(10**9))
    calls: dict[str, tuple[Callable[[], object], Callable[[object], bool]]] = {
        "read": (lambda: storage.read(path, 10_000), lambda answer: answer == OURS),
        "digest": (lambda: storage.digest(path), lambda answer: answer == digest),
        "copy": (lambda: storage.copy(path, f"kept/{next(numbers)}"), lambda answer: digest in str(answer)),
        "walk": (lambda: _seen(storage), lambda answer: "only.txt" not in str(answer)),
    }
    with swapping(storage.root / swapped, tmp_path / targets[swapped]):
        work, good = calls[call]
        tried(work, good)
    assert {each.read_bytes() for each in storage.root.glob("kept/*")} <= {OURS}


def _seen(storage: Storage) -> list[str]:
    """Walk as who takes a delivery does: a link anywhere in it refuses it."""
    found = storage.walk("from/unit", 100, 5)
    if any(each.kind is FoundKind.LINK and not each.path.endswith(".link") for each in found):
        raise StorageError("take a delivery", outcome="there is a link in it")
    return [each.path for each in found]


@pytest.mark.parametrize("call", ["write", "make_folder", "copy", "move"])
def test_nothing_is_written_behind_a_swapped_link(storage: Storage, tmp_path: Path, call: str) -> None:
    numbers = iter(range(10**9))
    storage.write("source.exr", OURS)

    def work() -> object:
        path = f"from/unit/pass/{next(numbers)}"
        if call == "move":
            spare = f"spare{path.rpartition('/')[2]}"
            storage.write(spare, OURS)
            return storage.move(spare, path)
        if call == "copy":
            return storage.copy("source.exr", path)
        return storage.write(path, OURS) if call == "write" else storage.make_folder(path)

    outside = tmp_path / "outside"
    with swapping(storage.root / "from/unit/pass", outside / "pass"):
        tried(work, lambda _: True)
    assert sorted(each.name for each in (outside / "pass").iterdir()) == ["b.exr"]


@pytest.mark.parametrize("what", ["from/unit", "from/unit/a.exr"])
def test_a_link_that_takes_the_place_of_what_is_moved_never_arrives(
    storage: Storage, tmp_path: Path, what: str
) -> None:
    target = {"from/unit": tmp_path / "outside", "from/unit/a.exr": tmp_path / "outside" / "a.exr"}[what]
    name = os.path.basename(what)

    def work() -> object:
        storage.move(what, f"kept/{name}")
        kept = storage.root / "kept" / name
        is_link = kept.is_symlink()
        os.rename(kept, storage.root / what)
        return not is_link

    with swapping(storage.root / what, target):
        tried(work, bool)
    assert (tmp_path / "outside" / "a.exr").read_bytes() == SECRET
