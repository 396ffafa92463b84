"""The studio's volume as this machine sees it, for what vendors may have had their hands on: no link is followed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Optional

from ftrack_accsyn_accessor.model.errors import StorageError
from ftrack_accsyn_accessor.model.naming import LOOSE, unsafe_on_windows
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.model.submission import Found, FoundKind
from ftrack_accsyn_accessor.vendor import folder as folders
from ftrack_accsyn_accessor.vendor.folder import Folder

#: Unfinished files are called as accsyn's own are, which it passes over, and nobody takes for a delivery.
_UNFINISHED = ".ACCSYN_TMP."
_CHUNK = 1 << 20
_BLOCK = 512  # bytes, in which POSIX tells what a file takes on its disk
#: File systems and files for which fsync means nothing say so with one of these.
_NO_FSYNC = (errno.EINVAL, errno.EBADF, errno.EROFS, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY)
#: Spellings that some disk takes for one.
_REMEDY = "Look after the volume, or what lies under this path, then do it again."
_WORDS = {
    errno.ELOOP: "a link lies there, and links are not followed",
    errno.ENOTDIR: "a link or a file lies where a folder was expected",
    errno.EISDIR: "a folder lies where a file was expected",
    errno.ENXIO: "it is a pipe or a device, and no file",
    errno.EEXIST: "something lies there already",
    errno.ENOTEMPTY: "something lies there already",
    errno.EXDEV: "it would have to go to another disk, or share, which is never done silently",
}


class Copied(NamedTuple):
    """What was copied: bytes, and SHA-256 in hex."""

    size_bytes: int
    sha256: str


class Storage:
    """Files below *root*; paths are relative to it, with slashes, and "" is all of it. Any thread.

    Every method raises `errors.StorageError` where the disk refuses, or where a path leads out of *root*, also by a
    link, or is none: absolute, with `..`, empty parts or what no system takes. A link that takes the place of a folder
    or file while a method works is not followed either.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, path: str) -> Optional[Found]:
        """Return what lies there, None for nothing."""
        with _telling("look at", path):
            names = _names(path)
            if not names:
                with self._folder([]):
                    return Found("", FoundKind.FOLDER)
            try:
                with self._folder(names[:-1]) as above:
                    found = above.look(names[-1])
            except FileNotFoundError:
                self._require()
                return None
            return None if found is None else _found(path, found)

    def walk(self, folder: str, most: int, deepest: int) -> list[Found]:
        """Return all that lies below *folder*, itself not, with paths relative to it, sorted.

        Raise `errors.StorageError` where there are more than *most* entries, or more than *deepest* levels.
        """
        with _telling("look through", folder), self._folder(_names(folder)) as top:
            listed: list[Found] = []
            for found in _below(top, "", deepest):
                listed.append(found)
                if len(listed) > most:
                    raise OSError(errno.EFBIG, f"it holds more than {most} files and folders")
            return sorted(listed, key=lambda each: each.path)

    def digest(self, path: str) -> str:
        """Return the SHA-256 of a file in hex; raise `errors.StorageError` where it changes meanwhile."""
        with _telling("read", path), self._file(path) as (folder, name, file):
            return _read_through(folder, name, file, None).sha256

    def read(self, path: str, most_bytes: int) -> bytes:
        """Return the content of a file of at most so many bytes."""
        with _telling("read", path), self._file(path) as (_, _, file):
            content = file.read(most_bytes + 1)
            if len(content) > most_bytes:
                raise OSError(errno.EFBIG, f"it has more than {most_bytes} bytes")
            return content

    def write(self, path: str, content: bytes, *, replace: bool = False) -> None:
        """Write a small file in one step, with the folders above it.

        Without *replace* one that is there with other content is refused; anything else than a file always is.
        """
        with _telling("write", path), self._made(_parent(path)) as folder:
            name = _names(path)[-1]
            folder.clear(_unfinished_name(name))
            lies = folder.look(name)
            if lies is not None and not replace:
                self._require_same(folder, name, hashlib.sha256(content).hexdigest())
                return
            if lies is not None:
                _require_file(lies)
            with _unfinished(folder, name) as (temporary, file):
                file.write(content)
                _to_disk(file)
                file.close()
                if replace:
                    folder.replace(temporary, name)
                else:
                    folder.give(temporary, folder, name)

    def make_folder(self, path: str) -> None:
        """Make a folder, and those above it; one that is there is as good."""
        with _telling("make a folder", path), self._made(_names(path)):
            pass

    def copy(self, source: str, target: str) -> Copied:
        """Copy a file to where nothing lies, or the same content does, in one step; read once, and hashed meanwhile.

        Its time goes along. Raise `errors.StorageError` where it changes meanwhile.
        """
        with (
            _telling("copy", source, target),
            self._file(source) as (folder, name, file),
            self._made(_parent(target)) as above,
        ):
            new = _names(target)[-1]
            above.clear(_unfinished_name(new))
            if above.look(new) is not None:
                copied = _read_through(folder, name, file, None)
                self._require_same(above, new, copied.sha256)
                return copied
            with _unfinished(above, new) as (temporary, written):
                copied = _read_through(folder, name, file, written)
                _to_disk(written)
                written.close()
                above.date(temporary, os.fstat(file.fileno()))
                above.give(temporary, above, new)
            return copied

    def move(self, source: str, target: str, *, anything: bool = False) -> None:
        """Move a file or folder to where nothing lies; what was moved there before is as good. Replaces nothing.

        With *anything*, links, pipes and devices as well, as they are. Raise `errors.StorageError` where another disk
        would have to take it, and where something else has taken the place of what is moved: that is then given back.
        """
        with _telling("move", source, target):
            names, new_names = [*_parent(source), _names(source)[-1]], [*_parent(target), _names(target)[-1]]
            if new_names[: len(names)] == names:
                raise OSError(errno.EINVAL, "a folder cannot go into itself")
            with self._made(new_names[:-1]) as there:
                try:
                    with self._folder(names[:-1]) as here:
                        _move(here, names[-1], there, new_names[-1], anything)
                except FileNotFoundError:
                    self._require()
                    if there.look(new_names[-1]) is None:
                        raise

    def flush(self, paths: Iterable[str]) -> None:
        """See to it that files are on the disk, and not only on their way there; and so that they are called so."""
        above = set()
        for path in paths:
            with _telling("bring to the disk", path), self._file(path) as (_, _, file):
                _to_disk(file)
            above.add(_parent(path))
        for names in above:
            where = "/".join(names)
            with _telling("bring to the disk", where), self._folder(names) as folder, _where_it_means_something():
                folder.flush()

    def _require(self) -> None:
        """Raise OSError where the root is not there: then nothing that is missing says anything."""
        with self._folder([]):
            pass

    @contextlib.contextmanager
    def _folder(self, names: Iterable[str], *, make: bool = False) -> Iterator[Folder]:
        with contextlib.ExitStack() as kept:
            try:
                folder = kept.enter_context(folders.opened(str(self.root)))
            except OSError as error:
                raise OSError(error.errno, f"the volume is not there: {self.root}: {error.strerror}") from error
            for name in names:
                if make:
                    with contextlib.suppress(FileExistsError):
                        folder.make(name)
                folder = kept.enter_context(folder.enter(name))
            yield folder

    def _made(self, names: Iterable[str]) -> contextlib.AbstractContextManager[Folder]:
        return self._folder(names, make=True)

    @contextlib.contextmanager
    def _file(self, path: str) -> Iterator[tuple[Folder, str, BinaryIO]]:
        """Give an open file, with the folder and the name that it has there."""
        with self._folder(_parent(path)) as folder, _opened(folder, _names(path)[-1]) as file:
            yield folder, _names(path)[-1], file

    @staticmethod
    def _require_same(folder: Folder, name: str, sha256: str) -> None:
        with _opened(folder, name) as file:
            if _read_through(folder, name, file, None).sha256 != sha256:
                raise OSError(errno.EEXIST, "a file with other content lies there, and nothing is overwritten")


def _names(path: str) -> list[str]:
    """Return the names that *path* is made of, none for all of the root; raise ValueError where it is no path."""
    if not path:
        return []
    names = path.split("/")
    if any(name in ("", ".", "..") for name in names):
        raise ValueError("it is no path below the volume")
    if "\0" in path or (os.sep == "\\" and ("\\" in path or unsafe_on_windows(path))):
        raise ValueError("no file can be called so")
    return names


def _parent(path: str) -> tuple[str, ...]:
    names = _names(path)
    if not names:
        raise ValueError("it is all of the volume")
    return tuple(names[:-1])


@contextlib.contextmanager
def _telling(tried: str, *paths: str) -> Iterator[None]:
    """Raise what the system refuses as an error of the volume."""
    try:
        yield
    except (OSError, ValueError) as error:
        code = error.errno if isinstance(error, OSError) else None
        said = error.strerror if isinstance(error, OSError) else str(error)
        own = said and code is not None and said != os.strerror(code)
        outcome = said if own or code is None else _WORDS.get(code, said)
        raise StorageError(tried, " > ".join(map(printable, paths)), printable(str(outcome)), _REMEDY) from error


def _below(folder: Folder, prefix: str, deepest: int) -> Iterator[Found]:
    """Yield all below *folder*, one level after the other."""
    inner = []
    for name, found in folder.entries():
        if deepest <= 0:
            raise OSError(errno.EFBIG, "its folders lie too deep in one another")
        yield _found(f"{prefix}{name}", found)
        if stat.S_ISDIR(found.st_mode) and not folders.is_link(found):
            inner.append(name)
    for name in inner:
        with folder.enter(name) as below:
            yield from _below(below, f"{prefix}{name}/", deepest - 1)


def _found(path: str, found: os.stat_result) -> Found:
    kind = FoundKind.OTHER
    if folders.is_link(found):
        kind = FoundKind.LINK
    elif stat.S_ISDIR(found.st_mode):
        return Found(path, FoundKind.FOLDER, mark=_mark(found))
    elif stat.S_ISREG(found.st_mode):
        kind = FoundKind.FILE
    blocks: Optional[int] = getattr(found, "st_blocks", None)
    used = None if blocks is None else blocks * _BLOCK
    return Found(path, kind, found.st_size, used, _mark(found), links=max(1, found.st_nlink))


def _mark(found: os.stat_result) -> str:
    """Return what differs after every change; the number of a file is no part of it where disks vary in that."""
    own = found.st_ino if os.name == "nt" else found.st_ctime_ns  # there it is when the file was made
    return f"{found.st_mode:o}-{found.st_size}-{found.st_mtime_ns}-{own}"


def _require_file(found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if folders.is_link(found):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))


@contextlib.contextmanager
def _opened(folder: Folder, name: str) -> Iterator[BinaryIO]:
    """Open a file, and nothing else: opening alone does something to some devices."""
    lies = folder.look(name)
    if lies is not None:
        _require_file(lies)
    with open(folder.open(name, os.O_RDONLY), "rb") as file:
        _require_file(os.fstat(file.fileno()))
        yield file


def _read_through(folder: Folder, name: str, file: BinaryIO, target: Optional[BinaryIO]) -> Copied:
    """Read all of *file*, which is *name* in *folder*, into *target*; raise OSError where it changes meanwhile."""
    before, size, hashed = os.fstat(file.fileno()), 0, hashlib.sha256()
    while size <= before.st_size:
        chunk = file.read(_CHUNK)
        if not chunk:
            break
        size += len(chunk)
        hashed.update(chunk)
        if target is not None:
            target.write(chunk)
    after, lies = os.fstat(file.fileno()), folder.look(name)
    if size != before.st_size or _mark(after) != _mark(before) or lies is None or not folders.same(lies, after):
        raise OSError(errno.EBUSY, "it changes while it is read")
    return Copied(size, hashed.hexdigest())


def _unfinished_name(final: str) -> str:
    return _UNFINISHED + hashlib.sha256(os.fsencode(final)).hexdigest()[:16]


@contextlib.contextmanager
def _unfinished(folder: Folder, final: str) -> Iterator[tuple[str, BinaryIO]]:
    """Give a new file to write to, which is gone afterwards unless it got its *final* name.

    It is called after that, so that the next try finds, and removes, what a killed process has left.
    """
    name, handle = folder.begin(_unfinished_name(final))
    try:
        with open(handle, "wb") as file:
            yield name, file
    finally:
        with contextlib.suppress(OSError):
            folder.end(name)


def _to_disk(file: BinaryIO) -> None:
    if file.writable():
        file.flush()
    with _where_it_means_something():
        os.fsync(file.fileno())


@contextlib.contextmanager
def _where_it_means_something() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_FSYNC:
            raise


def _move(here: Folder, name: str, there: Folder, new: str, anything: bool) -> None:
    lies, waits = here.look(name), there.look(new)
    if lies is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if not anything and not stat.S_ISDIR(lies.st_mode):
        _require_file(lies)
    if waits is not None:
        is_one_name = folders.same(here.itself(), there.itself()) and LOOSE.same(name, new)
        if _is_half_moved(lies, waits) and not is_one_name:
            here.remove(name)
            return
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    here.give(name, there, new)
    came = there.look(new)
    if came is None or not folders.same(came, lies):
        with contextlib.suppress(OSError):
            there.give(new, here, name)
        raise OSError(errno.EBUSY, "something else took its place while it was moved")


def _is_half_moved(lies: os.stat_result, waits: os.stat_result) -> bool:
    """Whether a file has its new name, and not yet lost the old one: a process was killed in between."""
    return stat.S_ISREG(lies.st_mode) and folders.same(lies, waits) and lies.st_nlink > 1
