"""The package that a vendor is handed: a folder below the volume that is whole once it has a manifest."""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import errors, manifest, vendors, work
from ftrack_accsyn_accessor.model.manifest import Manifest, Packed
from ftrack_accsyn_accessor.model.progress import size_text
from ftrack_accsyn_accessor.model.submission import Found, FoundKind
from ftrack_accsyn_accessor.model.tasks import never_sent
from ftrack_accsyn_accessor.vendor.contents import Contents, Source
from ftrack_accsyn_accessor.vendor.contents import gather as gather
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.storage import Storage

#: What an interrupted one is found by on the days that follow.
_DAYS = 7
_DIGEST = 10
_STEM = 40  # characters, of up to four bytes each
#: Left free on the disk, in bytes.
_RESERVE = 64 * 1024 * 1024
_NO_DIGEST = "0" * 64
_TRIED = "make the package"
_AGAIN = "Hand the work out again: it is looked at anew."


class Package(NamedTuple):
    """A package on the volume: `folder` is its path below it, `manifest` what it holds."""

    id: str
    folder: str
    manifest: Manifest

    @property
    def size_bytes(self) -> int:
        """Size of its files together, without the manifest and the page of words."""
        return sum(each.size_bytes for each in self.manifest.files)

    @property
    def files(self) -> tuple[Packed, ...]:
        """Its files."""
        return self.manifest.files


def assemble(means: Means, contents: Contents, vendor: str) -> Package:
    """Copy *contents* into a folder of the user *vendor* (e-mail address); return the package when it is whole.

    The manifest is written last. The same contents for the same vendor within a week are the same package: what was
    interrupted goes on, what is whole stays as it is. Raise `errors.StorageError` where the volume refuses or has too
    little space, or where another process makes it at this moment, and `errors.Conflict` where sources have changed
    since they were gathered; then nothing has a manifest. Raise `errors.ManifestError` before anything is copied where
    there can be none.
    """
    place = vendors.places(means.rules, contents.project, vendor)
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    name = _name(means.storage, place.to_folder, contents, _digest(means, contents, vendor), now.date())
    making = _Making(means, contents, f"{place.to_folder}/{name}")
    found = making.whole(name)
    if found is None:
        known = Manifest(
            package=name,
            project_id=contents.project_id,
            project=contents.project,
            vendor=vendor,
            made_at=now.isoformat(),
            version_ids=contents.version_ids,
            to_share=place.to_code,
            from_share=place.from_code,
        )
        found = _made(making, name, known)
    return Package(name, making.folder, found)


def _made(making: _Making, name: str, known: Manifest) -> Manifest:
    try:
        return making.make(known)
    except (errors.StorageError, errors.Conflict):
        found = making.whole(name)  # another process may have been faster
        if found is None:
            raise
        return found


def _digest(means: Means, contents: Contents, vendor: str) -> str:
    """Return what differs for any other contents, vendor or words: two packages never share a folder."""
    words = [vendor, contents.project_id, repr(contents.tasks), repr(contents.deliverables), means.rules.guidelines]
    text = json.dumps([*words, means.rules.colour_space, means.rules.handles, contents.files])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]


def _name(storage: Storage, folder: str, contents: Contents, digest: str, today: datetime.date) -> str:
    """Return what the package is called: by its task, day and digest; as it was when it was begun in these days."""
    task = contents.tasks[0]
    parts = [work.plain_name(each) for each in task.contexts[1:][-2:]]
    stem = "_".join(filter(None, parts))[:_STEM].rstrip(" ._") or "work"
    days = [today - datetime.timedelta(days=count) for count in range(_DAYS)]
    names = [f"{stem}_{day.isoformat()}_{digest}" for day in days]
    return next((name for name in names if storage.find(f"{folder}/{name}") is not None), names[0])


class _Making:
    """One package, while it is made."""

    def __init__(self, means: Means, contents: Contents, folder: str) -> None:
        self._rules = means.rules
        self._storage = means.storage
        self._contents = contents
        self.folder = folder

    def whole(self, name: str) -> Optional[Manifest]:
        """Return the manifest of what is there, None where it is not whole yet."""
        path = f"{self.folder}/{manifest.NAME}"
        if self._storage.find(path) is None:
            return None
        found = manifest.read(self._storage.read(path, manifest.MOST_BYTES))
        wanted = {each.path: each.size_bytes for each in self._contents.files}
        if found.package != name or {each.path: each.size_bytes for each in found.files} != wanted:
            raise self._error("it is there, and its manifest is another one", "Move it away, then do it again.")
        self._verify()
        return found

    def make(self, known: Manifest) -> Manifest:
        """Copy everything, and write what goes beside it."""
        contents, rules = self._contents, self._rules
        self._described(known, [_packed(each, each.size_bytes, _NO_DIGEST) for each in contents.files])
        self._storage.make_folder(self.folder)
        self._require_unchanged(contents.files)
        self._require_space()
        packed = [self._copied(each) for each in contents.files]
        found, text = self._described(known, packed)
        page = work.markdown(contents.tasks, found, rules.guidelines)
        self._storage.write(f"{self.folder}/{manifest.WORK}", page.encode(), replace=True)
        self._verify()
        self._storage.flush(f"{self.folder}/{path}" for path in (*(each.path for each in packed), manifest.WORK))
        self._storage.write(f"{self.folder}/{manifest.NAME}", text.encode())
        self._storage.flush([f"{self.folder}/{manifest.NAME}"])
        return found

    def _described(self, known: Manifest, packed: Sequence[Packed]) -> tuple[Manifest, str]:
        """Return the manifest of files, and its text."""
        contents = self._contents
        found = work.manifest_of(contents.tasks, packed, contents.deliverables, self._rules, known)
        return found, manifest.text(found)

    def _copied(self, source: Source) -> Packed:
        copied = self._storage.copy(source.source, f"{self.folder}/{source.path}")
        self._require_unchanged([source])
        return _packed(source, copied.size_bytes, copied.sha256)

    def _require_unchanged(self, sources: Sequence[Source]) -> None:
        """Raise where files are not those that were looked at: what comes after that was shown to nobody."""
        others = [(each, found) for each in sources if not _is_same(each, found := self._storage.find(each.source))]
        if others:
            first, found = others[0]
            outcome = f"it {'is gone' if found is None else 'has changed'} since it was looked at"
            more = f", as {len(others) - 1} more" if len(others) > 1 else ""
            raise errors.Conflict(_TRIED, first.source, outcome + more, _AGAIN)

    def _require_space(self) -> None:
        wanted = {each.path for each in self._contents.files}
        there = sum(size for path, size in self._there() if path in wanted)
        needed = self._contents.size_bytes - there + _RESERVE
        try:
            free = shutil.disk_usage(self._storage.root).free
        except OSError as error:
            raise self._error(error.strerror or "the volume cannot be asked", "Look after the volume.") from error
        if needed > free:
            outcome = f"it takes {size_text(needed)}, and {size_text(free)} are free on the volume"
            raise self._error(outcome, "Free some space there, then do it again: it goes on.")

    def _there(self) -> Iterator[tuple[str, int]]:
        """Yield the files that are in the folder, with their sizes; what accsyn passes over is none of it."""
        most = 2 * len(self._contents.files) + 100_000
        for each in self._storage.walk(self.folder, most, 64):
            if each.kind is not FoundKind.FOLDER and not never_sent(each.path):
                yield each.path, each.size_bytes if each.kind is FoundKind.FILE else -1

    def _verify(self) -> None:
        """Raise where what is there is not exactly what goes."""
        beside = {manifest.NAME, manifest.WORK}
        there = {path: size for path, size in self._there() if path not in beside}
        wanted = {each.path: each.size_bytes for each in self._contents.files}
        if there != wanted:
            path = next(path for path in (*there, *wanted) if there.get(path) != wanted.get(path))
            outcome = (
                f"{path} is not what was put there" if path in wanted else f"{path} lies in it, and is no part of it"
            )
            raise self._error(outcome, "Move that away, then do it again.")

    def _error(self, outcome: str, remedy: str) -> errors.StorageError:
        return errors.StorageError(_TRIED, self.folder, outcome, remedy)


def _is_same(source: Source, found: Optional[Found]) -> bool:
    wanted = (FoundKind.FILE, source.size_bytes, source.mark)
    return found is not None and (found.kind, found.size_bytes, found.mark) == wanted


def _packed(source: Source, size_bytes: int, sha256: str) -> Packed:
    return Packed(source.path, size_bytes, sha256, source.component_id, source.version_id)
