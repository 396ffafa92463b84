"""The staging location's accessor: never outside of its root, complete files only, errors that can be printed."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import posixpath
import stat
import sys
import threading
import time
from typing import Any, BinaryIO, Dict, Iterable, Iterator, List, Optional, Tuple

import ftrack_api.data
from ftrack_api import exception as ftrack_errors
from ftrack_api.accessor.disk import DiskAccessor

from ftrack_accsyn_accessor.model.folders import missing
from ftrack_accsyn_accessor.outbox.file import STATE_FOLDER, state_folder
from ftrack_accsyn_accessor.staging.data import StagedData
from ftrack_accsyn_accessor.staging.held import READERS, HeldPatience, Late, is_held
from ftrack_accsyn_accessor.staging.identifiers import normalise_identifier, resolve_identifier
from ftrack_accsyn_accessor.staging.longpath import is_too_long, reachable
from ftrack_accsyn_accessor.staging.refusal import absent_disk, cause
from ftrack_accsyn_accessor.staging.temporaries import is_temporary_name
from ftrack_accsyn_accessor.staging.writing import StagedWrite

__all__ = ["AccsynAccessor", "StagedData", "is_temporary_name", "normalise_identifier", "resolve_identifier"]

# A folder found inside of the root is looked at again after this long, so that a long-lived host notices one that was
# moved away and linked back; one that was replaced is noticed at once, by its inode.
_INSIDE_FOR_S = 1.0
_INSIDE_AT_MOST = 1000

_ERRORS = {
    errno.ENOENT: ftrack_errors.AccessorResourceNotFoundError,
    errno.EPERM: ftrack_errors.AccessorPermissionDeniedError,
    errno.EACCES: ftrack_errors.AccessorPermissionDeniedError,
    errno.ENOTEMPTY: ftrack_errors.AccessorContainerNotEmptyError,
    errno.ENOTDIR: ftrack_errors.AccessorResourceInvalidError,
    errno.EISDIR: ftrack_errors.AccessorResourceInvalidError,
    errno.EINVAL: ftrack_errors.AccessorResourceInvalidError,
}


def _is_inside(path: str, root: str) -> bool:
    path, root = os.path.normcase(path), os.path.normcase(root)
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _is_link(found: os.stat_result) -> bool:
    # Windows junctions are no symbolic links to Python; every reparse point may lead elsewhere.
    return stat.S_ISLNK(found.st_mode) or bool(getattr(found, "st_reparse_tag", 0))


def _stat(path: str, follow_symlinks: bool = True) -> Optional[os.stat_result]:
    """Return what lies at *path*; None when there is nothing, or nothing that may be seen."""
    try:
        return os.stat(reachable(path), follow_symlinks=follow_symlinks)
    except OSError:
        return None


def _make_folder(path: str) -> None:
    path = reachable(path)
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

    Other than ftrack's DiskAccessor it compares path components, does not follow a link out of the root, writes under
    another name and renames on close, gives identifiers with forward slashes on every system, and never creates the
    root or anything above it. *marker*, when given, is the path of a file that has to be there for the root to count as
    present (an unplugged disk leaves an empty mount point behind). Every method raises ftrack's accessor errors only.
    Safe to use from several threads.
    """

    #: Makes what bounds the waits for other programs, those of one publish together; tests put their own clock here.
    patience = HeldPatience

    def __init__(self, prefix: str, marker: Optional[str] = None) -> None:
        if not prefix:
            raise ValueError("AccsynAccessor needs a prefix: without a root nothing could be kept inside of it.")
        super().__init__(prefix)
        self.marker = marker
        self._inside: Dict[str, Tuple[int, int, float]] = {}
        self._publishing = threading.local()

    @contextlib.contextmanager
    def one_publish(self) -> Iterator[None]:
        """Let files that other programs have open wait for each other, on this thread, till `finish` or the end.

        Until then such a file is missing under its name for everybody else; whoever asks this accessor waits for it.
        When the publish fails, what it has written is removed, but for what `keep` was told of: whole or half, it would
        be in the way when the same is tried again.
        """
        outer, late = self._late, Late(self.patience())
        self._publishing.late = late
        try:
            yield
            late.finish()
        except BaseException:
            late.take_back()
            raise
        finally:
            self._publishing.late = outer

    def keep(self, resource_identifiers: Iterable[str]) -> None:
        """Let what this publish has written under *resource_identifiers* stay, although the publish may fail."""
        if self._late is not None:
            for identifier in resource_identifiers:
                self._late.keep(reachable(self._path(identifier)))

    def finish(self) -> None:
        """Return when all that was closed in this publish has its name; raise an accessor error where it cannot be."""
        if self._late is not None:
            self._late.finish()

    @property
    def _late(self) -> Optional[Late]:
        late: Optional[Late] = getattr(self._publishing, "late", None)
        return late

    def list(self, resource_identifier: str) -> List[str]:
        """Return the identifiers of the items of a container, sorted; unfinished writes are left out."""
        self.finish()
        path, _ = self._locate(resource_identifier)
        with self._translated("list", resource_identifier, path):
            names = sorted(os.listdir(reachable(path)))
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
            with self._translated("open", resource_identifier, path):
                return ftrack_api.data.File(reachable(path), mode)
        return self._begin(resource_identifier, mode, path, found)

    def stage(self, resource_identifier: str, source: BinaryIO) -> bool:
        """Make the file *resource_identifier*, and its containers, with all that *source* has, which was just opened.

        As `open` and what comes after it, but the fastest way that the disks have. Return False, and do nothing, when
        there is anything under that name. Raise OSError where the source cannot be read.
        """
        path, found = self._locate(resource_identifier)
        if found is not None:
            return False
        try:
            data = self._begin(resource_identifier, "wb", path, None)
        except ftrack_errors.AccessorResourceNotFoundError:
            self.make_container(self.get_container(resource_identifier))
            data = self._begin(resource_identifier, "wb", path, None)
        data.fill(source)
        data.close()
        return True

    def _begin(self, resource_identifier: str, mode: str, path: str, found: Optional[os.stat_result]) -> StagedData:
        self._require_root("write", resource_identifier)
        if found is not None and _is_link(found):
            path = os.path.realpath(path)  # the link stays, what it leads to is replaced
            found = _stat(path)
        with self._translated("open", resource_identifier, path):
            staged = StagedWrite(reachable(path), mode, found, reachable(self._state_folder()))
            failure = functools.partial(self._failure, "write", resource_identifier, path)
            late = self._late
            if late is not None and found is None:
                late.begin(staged)
            return StagedData(staged, failure, late or Late(self.patience()), in_publish=late is not None)

    def _state_folder(self) -> str:
        return os.path.dirname(self.marker) if self.marker else os.path.join(self.prefix, state_folder(self.prefix))

    def remove(self, resource_identifier: str) -> None:
        """Remove a file or an empty container; the root itself is never removed."""
        path, found = self._locate(resource_identifier)
        with self._translated("remove", resource_identifier, path):
            if path == self.prefix:
                raise OSError(errno.EPERM, "it is the root")
            if found is not None and stat.S_ISDIR(found.st_mode):
                os.rmdir(reachable(path))
            else:
                os.remove(reachable(path))

    def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
        """Make a folder, with those between it and the root when *recursive*; an existing one is left as it is."""
        path, found = self._locate(resource_identifier)
        if path != self.prefix and found is not None and stat.S_ISDIR(found.st_mode):
            return  # what lies below the root shows that the root is there
        self._require_root("make container", resource_identifier)
        if path == self.prefix:
            return
        parent = os.path.dirname(path)
        with self._translated("make container", resource_identifier, path):
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
        for each in self._missing(folder):
            _make_folder(each)

    def _missing(self, folder: str) -> List[str]:
        return missing(folder, self.prefix, lambda each: os.path.isdir(reachable(each)))

    def _relative(self, identifier: str) -> str:
        try:
            return normalise_identifier(identifier, self.prefix)
        except ValueError as reason:
            raise self._refused(identifier, str(reason)) from None

    def _path(self, identifier: str) -> str:
        try:
            return resolve_identifier(identifier, self.prefix)
        except ValueError as reason:
            raise self._refused(identifier, str(reason)) from None

    def _locate(self, identifier: str) -> Tuple[str, Optional[os.stat_result]]:
        """Return the path of *identifier* and what lies there, a link not followed."""
        path = self._path(identifier)
        if path == self.prefix:
            return path, _stat(path)
        if self._late is not None and self._late.awaits(reachable(path)):
            self._late.finish()
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

    def _require_root(self, operation: str, identifier: str) -> None:
        failure = self._root_failure(operation, identifier)
        if failure is not None:
            raise failure

    def _root_failure(self, operation: str, identifier: str) -> Optional[Exception]:
        """Return the error to be raised where the root is not there, or may not be looked at; else None."""
        try:
            os.stat(self.marker or self.prefix)
        except PermissionError as error:
            return self._kept_out(operation, identifier, error)
        except OSError:
            return self._gone(operation, identifier)
        return None

    def _gone(self, operation: str, identifier: str) -> Exception:
        anew = "" if absent_disk(self.prefix) else f" To begin anew, make {STATE_FOLDER} in it and restart."
        return _error(
            ftrack_errors.AccessorOperationFailedError,
            f'Could not {operation} "{identifier}": the staging root {self.prefix} has vanished. '
            "Nothing is lost: plug the disk in again." + anew,
            identifier,
            operation=operation,
        )

    def _kept_out(self, operation: str, identifier: str, error: PermissionError) -> Exception:
        told = cause(error, self.marker or self.prefix) or "Give this user the right to it again."
        return _error(
            ftrack_errors.AccessorPermissionDeniedError,
            f'Could not {operation} "{identifier}" below {self.prefix}: this process may not look into '
            f"{self._state_folder()} any more ({error.strerror}). {told} "
            "Where the application has changed its account, open a new session.",
            identifier,
            operation=operation,
            error=error,
        )

    def _refused(self, identifier: str, reason: str) -> Exception:
        return _error(
            ftrack_errors.AccessorFilesystemPathError,
            f'The resource identifier "{identifier}" is refused: {reason}. Only names below {self.prefix} are served.',
            identifier,
        )

    def _failure(self, operation: str, identifier: str, path: str, error: OSError) -> Exception:
        if error.errno != errno.EPERM:  # macOS keeps applications out with that one
            failure = self._root_failure(operation, identifier)
            if failure is not None:
                return failure
        reason, told = self._reason(operation, path, error), cause(error, path) if path != self.prefix else ""
        return _error(
            _ERRORS.get(error.errno or 0, ftrack_errors.AccessorOperationFailedError),
            f'Could not {operation} "{identifier}" below {self.prefix}: {reason}. {told}'.rstrip(),
            identifier,
            operation=operation,
            error=error,
        )

    def _reason(self, operation: str, path: str, error: OSError) -> str:
        said = str(error.strerror or error)
        makes_folders = operation == "make container"
        made = (self._missing(path) or [path])[0] if makes_folders else path
        if is_too_long(error, reachable(made), is_made=makes_folders or operation == "write"):
            return f"the path is too long for this disk or system, with {len(path)} characters ({said})"
        if operation in ("write", "remove") and path != self.prefix and is_held(error, reachable(path)):
            return f"another program has it open, {READERS} ({path}: {said}). Close it there, then try again"
        return said

    @contextlib.contextmanager
    def _translated(self, operation: str, identifier: str, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._failure(operation, identifier, path, error) from error
