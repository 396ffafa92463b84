"""The staging location's accessor: never outside of its root, complete files only, errors that can be printed."""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import re
import stat
import sys
import time
import weakref
from types import ModuleType
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import ftrack_api.data
from ftrack_api import exception as ftrack_errors
from ftrack_api.accessor.disk import DiskAccessor

from ftrack_accsyn_accessor.model.folders import missing
from ftrack_accsyn_accessor.staging.area import STATE_FOLDER, StagedWrite, is_temporary_name
from ftrack_accsyn_accessor.staging.refusal import absent_disk, cause

__all__ = ["AccsynAccessor", "StagedData", "is_temporary_name", "normalise_identifier", "resolve_identifier"]

# A folder found inside of the root is looked at again after this long, so that a long-lived host notices one that was
# moved away and linked back; one that was replaced is noticed at once, by its inode.
_INSIDE_FOR_S = 1.0
_INSIDE_AT_MOST = 1000

_DRIVE = re.compile(r"(?:^|/)[A-Za-z]:")
_UNSAFE_ON_WINDOWS = re.compile(
    r":|[. ](?:/|$)|(?:^|/)(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(?:\.|/|$)",
    re.IGNORECASE,
)

_ERRORS = {
    errno.ENOENT: ftrack_errors.AccessorResourceNotFoundError,
    errno.EPERM: ftrack_errors.AccessorPermissionDeniedError,
    errno.EACCES: ftrack_errors.AccessorPermissionDeniedError,
    errno.ENOTEMPTY: ftrack_errors.AccessorContainerNotEmptyError,
    errno.ENOTDIR: ftrack_errors.AccessorResourceInvalidError,
    errno.EISDIR: ftrack_errors.AccessorResourceInvalidError,
    errno.EINVAL: ftrack_errors.AccessorResourceInvalidError,
}


def normalise_identifier(identifier: str, prefix: str, flavour: ModuleType = os.path) -> str:
    """Return *identifier* relative to *prefix*, with forward slashes and without dots; "" is the root itself.

    *flavour* is the path module of the system in question. Both slashes separate on every system: an identifier made
    on Windows has to find the same file on Linux, and ``a\\..\\..\\b`` has to be refused on both. An absolute path
    inside of *prefix* is accepted, as ftrack's DiskAccessor accepts it.

    Raise ValueError with the reason when *identifier* is, or could be taken for, something outside of *prefix*. No file
    system is asked, so links are not followed here.
    """
    windows = flavour.sep == "\\"
    text = _text(identifier).replace("\\", "/")
    if text.startswith("/") or (windows and _DRIVE.match(text) and text[2:3] == "/"):
        text = relative = _below(text, prefix, flavour)
    else:
        relative = posixpath.normpath(text)
        if relative == ".." or relative.startswith("../"):
            raise ValueError("it leads out of the root")
    if ":" in text and _DRIVE.search(text):
        raise ValueError("it names a drive")
    if relative == ".":
        return ""
    if windows and _UNSAFE_ON_WINDOWS.search(relative):
        raise ValueError("Windows gives one of its names another meaning (a device, a stream, a trailing dot or blank)")
    return relative


def resolve_identifier(identifier: str, prefix: str, flavour: ModuleType = os.path) -> str:
    """Return the path below *prefix* that *identifier* names; see `normalise_identifier` for what is refused."""
    relative = normalise_identifier(identifier, prefix, flavour)
    if not relative:
        return prefix
    path: str = flavour.join(prefix, relative.replace("/", flavour.sep))
    return path


def _text(identifier: str) -> str:
    try:
        text = os.fspath(identifier)
    except TypeError:
        raise ValueError("it is not a text") from None
    if not isinstance(text, str):
        raise ValueError("it is not a text")
    if "\0" in text:
        raise ValueError("it contains a NUL character")
    if not text.isascii():
        try:
            os.fsencode(text)
        except UnicodeEncodeError:
            raise ValueError("it contains a character that no file name can hold") from None
    return text


def _below(text: str, prefix: str, flavour: ModuleType) -> str:
    if text.startswith("//") and flavour.sep == "/":
        raise ValueError("it is a network path")
    parts = posixpath.normpath(text).split("/")
    root = posixpath.normpath(prefix.replace("\\", "/")).rstrip("/").split("/")
    if [flavour.normcase(part) for part in parts[: len(root)]] != [flavour.normcase(part) for part in root]:
        raise ValueError(f"it is an absolute path outside of {prefix}")
    return "/".join(parts[len(root) :]) or "."


def _is_inside(path: str, root: str) -> bool:
    path, root = os.path.normcase(path), os.path.normcase(root)
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _is_link(found: os.stat_result) -> bool:
    # Windows junctions are no symbolic links to Python; every reparse point may lead elsewhere.
    return stat.S_ISLNK(found.st_mode) or bool(getattr(found, "st_reparse_tag", 0))


def _stat(path: str, follow_symlinks: bool = True) -> Optional[os.stat_result]:
    """Return what lies at *path*; None when there is nothing, or nothing that may be seen."""
    try:
        return os.stat(path, follow_symlinks=follow_symlinks)
    except OSError:
        return None


def _make_folder(path: str) -> None:
    try:
        os.mkdir(path)
    except FileExistsError:
        if not os.path.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, "a file has that name") from None


def _printable(value: object) -> str:
    """Return *value* as a text that survives ftrack's formatting, which encodes it strictly."""
    encoding = sys.getfilesystemencoding()
    return str(value).encode(encoding, "backslashreplace").decode(encoding)


def _error(error_type: Any, text: str, identifier: object, **details: Any) -> Exception:
    # ftrack formats the message once more: a brace in it would break str(error).
    message = _printable(text).replace("{", "{{").replace("}", "}}")
    error: Exception = error_type(resource_identifier=_printable(identifier), message=message, **details)
    return error


class AccsynAccessor(DiskAccessor):  # type: ignore[misc]  # ftrack_api is untyped
    """Disk access below *prefix*, and nowhere else.

    Other than ftrack's DiskAccessor it compares path components, does not follow a link out of the root, writes beside
    the final name and renames on close, gives identifiers with forward slashes on every system, and never creates the
    root or anything above it. *marker*, when given, is the path of a file that has to be there for the root to count as
    present (an unplugged disk leaves an empty mount point behind). Every method raises ftrack's accessor errors only.
    Safe to use from several threads.
    """

    def __init__(self, prefix: str, marker: Optional[str] = None) -> None:
        if not prefix:
            raise ValueError("AccsynAccessor needs a prefix: without a root nothing could be kept inside of it.")
        super().__init__(prefix)
        self.marker = marker
        self._inside: Dict[str, Tuple[int, int, float]] = {}

    def list(self, resource_identifier: str) -> List[str]:
        """Return the identifiers of the items of a container, sorted; unfinished writes are left out."""
        path, _ = self._locate(resource_identifier)
        with self._translated("list", resource_identifier):
            names = sorted(os.listdir(path))
        container = self._relative(resource_identifier)
        # As an identifier a name with a backslash (possible outside of Windows) would mean another file.
        return [posixpath.join(container, name) for name in names if not is_temporary_name(name) and "\\" not in name]

    def exists(self, resource_identifier: str) -> bool:
        """Return whether there is anything under *resource_identifier*."""
        return self._stat(resource_identifier) is not None

    def is_file(self, resource_identifier: str) -> bool:
        """Return whether *resource_identifier* is a file."""
        found = self._stat(resource_identifier)
        return found is not None and stat.S_ISREG(found.st_mode)

    def is_container(self, resource_identifier: str) -> bool:
        """Return whether *resource_identifier* is a folder."""
        found = self._stat(resource_identifier)
        return found is not None and stat.S_ISDIR(found.st_mode)

    def open(self, resource_identifier: str, mode: str = "rb") -> Any:
        """Return an ftrack_api Data object for *resource_identifier*; *mode* as for the built-in open.

        What is written becomes visible under its name when the object is closed, all of it or nothing.
        """
        path, found = self._locate(resource_identifier)
        if not set(mode) & set("wax+"):
            with self._translated("open", resource_identifier):
                return ftrack_api.data.File(path, mode)
        self._require_root("write", resource_identifier)
        if found is not None and _is_link(found):
            path = os.path.realpath(path)  # the link stays, what it leads to is replaced
            found = _stat(path)
        with self._translated("open", resource_identifier):
            return StagedData(
                StagedWrite(path, mode, found), lambda error: self._failure("write", resource_identifier, error)
            )

    def remove(self, resource_identifier: str) -> None:
        """Remove a file or an empty container; the root itself is never removed."""
        path, found = self._locate(resource_identifier)
        with self._translated("remove", resource_identifier):
            if path == self.prefix:
                raise OSError(errno.EPERM, "it is the root")
            if found is not None and stat.S_ISDIR(found.st_mode):
                os.rmdir(path)
            else:
                os.remove(path)

    def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
        """Make a folder, with those between it and the root when *recursive*; an existing one is left as it is."""
        path, found = self._locate(resource_identifier)
        if path != self.prefix and found is not None and stat.S_ISDIR(found.st_mode):
            return  # what lies below the root shows that the root is there
        self._require_root("make container", resource_identifier)
        if path == self.prefix:
            return
        parent = os.path.dirname(path)
        with self._translated("make container", resource_identifier):
            if recursive:
                self._make_folders(parent)
            elif not os.path.lexists(parent):
                raise _error(
                    ftrack_errors.AccessorParentResourceNotFoundError,
                    f'Could not make container "{resource_identifier}": the container above it is missing.',
                    resource_identifier,
                )
            _make_folder(path)

    def get_container(self, resource_identifier: str) -> str:
        """Return the identifier of the container of *resource_identifier*, with forward slashes; "" is the root."""
        relative = self._relative(resource_identifier)
        if not relative:
            raise _error(
                ftrack_errors.AccessorParentResourceNotFoundError,
                f'Could not tell the container of "{resource_identifier}": it is the root {self.prefix} itself.',
                resource_identifier,
            )
        return posixpath.dirname(relative)

    def get_filesystem_path(self, resource_identifier: str) -> str:
        """Return the absolute path of *resource_identifier*, whether something is there or not.

        Raise AccessorFilesystemPathError when it is, or a link makes it, something outside of the root.
        """
        return self._locate(resource_identifier)[0]

    def _make_folders(self, folder: str) -> None:
        # Not os.makedirs: that would also make the root, and what is above it, when a disk is unplugged meanwhile.
        for each in missing(folder, self.prefix):
            _make_folder(each)

    def _relative(self, identifier: str) -> str:
        try:
            return normalise_identifier(identifier, self.prefix)
        except ValueError as reason:
            raise self._refused(identifier, str(reason)) from None

    def _locate(self, identifier: str) -> Tuple[str, Optional[os.stat_result]]:
        """Return the path of *identifier* and what lies there, a link not followed."""
        try:
            path = resolve_identifier(identifier, self.prefix)
        except ValueError as reason:
            raise self._refused(identifier, str(reason)) from None
        if path == self.prefix:
            return path, _stat(path)
        found = _stat(path, follow_symlinks=False)
        if not self._folder_is_inside(os.path.dirname(path)) or (
            found is not None and _is_link(found) and not self._is_really_inside(path)
        ):
            raise self._refused(identifier, "a link on its way leads out of the root")
        return path, found

    def _stat(self, identifier: str) -> Optional[os.stat_result]:
        path, found = self._locate(identifier)
        return _stat(path) if found is not None and _is_link(found) else found

    def _folder_is_inside(self, folder: str) -> bool:
        if folder == self.prefix:
            return True
        found = _stat(folder)
        now = time.monotonic()
        known = self._inside.get(folder)
        if found and known and now < known[2] and known[:2] == (found.st_dev, found.st_ino):
            return True
        if not self._is_really_inside(folder):
            return False
        if found:
            if len(self._inside) >= _INSIDE_AT_MOST:
                self._inside.clear()
            self._inside[folder] = (found.st_dev, found.st_ino, now + _INSIDE_FOR_S)
        return True

    def _is_really_inside(self, path: str) -> bool:
        return _is_inside(os.path.realpath(path), os.path.realpath(self.prefix))

    def _root_is_present(self) -> bool:
        return os.path.exists(self.marker or self.prefix)

    def _require_root(self, operation: str, identifier: str) -> None:
        if not self._root_is_present():
            raise self._gone(operation, identifier)

    def _gone(self, operation: str, identifier: str) -> Exception:
        anew = "" if absent_disk(self.prefix) else f" To begin anew, make {STATE_FOLDER} in it and restart."
        return _error(
            ftrack_errors.AccessorOperationFailedError,
            f'Could not {operation} "{identifier}": the staging root {self.prefix} has vanished. '
            "Nothing is lost: plug the disk in again." + anew,
            identifier,
            operation=operation,
        )

    def _refused(self, identifier: str, reason: str) -> Exception:
        return _error(
            ftrack_errors.AccessorFilesystemPathError,
            f'The resource identifier "{identifier}" is refused: {reason}. Only names below {self.prefix} are served.',
            identifier,
        )

    def _failure(self, operation: str, identifier: str, error: OSError) -> Exception:
        if error.errno == errno.ENOENT and not self._root_is_present():
            return self._gone(operation, identifier)
        told = cause(error, str(error.filename)) if error.filename else ""
        return _error(
            _ERRORS.get(error.errno or 0, ftrack_errors.AccessorOperationFailedError),
            f'Could not {operation} "{identifier}" below {self.prefix}: {error.strerror or error}. {told}'.rstrip(),
            identifier,
            operation=operation,
            error=error,
        )

    @contextlib.contextmanager
    def _translated(self, operation: str, identifier: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._failure(operation, identifier, error) from error


class StagedData(ftrack_api.data.FileWrapper):  # type: ignore[misc]  # ftrack_api is untyped
    """Data that appears under its final name when it is closed, and not at all when it is not.

    After a failed write the content is dropped and `close` does nothing: the failure was raised already, and half of a
    file must not pass for one. To be used by one thread at a time.
    """

    closed: bool

    def __init__(self, staged: StagedWrite, failure: Callable[[OSError], Exception]) -> None:
        super().__init__(staged.file)
        self._staged = staged
        self._failure = failure
        self._abandon = weakref.finalize(self, staged.discard)

    def write(self, content: Any) -> None:
        """Write *content* at the current position."""
        try:
            super().write(content)
        except OSError as error:
            raise self._dropped(error) from error

    def flush(self) -> None:
        """Hand what was written to the system; it stays invisible until `close`."""
        try:
            super().flush()
        except OSError as error:
            raise self._dropped(error) from error

    def close(self) -> None:
        """Make what was written visible under its final name; further calls do nothing."""
        if self.closed:
            return
        self.closed = True
        if self._abandon.alive:
            try:
                self._staged.commit()
            except OSError as error:
                raise self._dropped(error) from error
            self._abandon.detach()

    def discard(self) -> None:
        """Drop what was written; nothing appears under the final name."""
        self.closed = True
        self._abandon()

    def _dropped(self, error: OSError) -> Exception:
        self._abandon()
        return self._failure(error)
