"""The ftrack_api data object of a file that is being written into the staging area."""

from __future__ import annotations

import weakref
from typing import Any, BinaryIO, Callable

import ftrack_api.data

from ftrack_accsyn_accessor.copying import SourceUnreadable
from ftrack_accsyn_accessor.staging.held import Late
from ftrack_accsyn_accessor.staging.writing import StagedWrite


class StagedData(ftrack_api.data.FileWrapper):  # type: ignore[misc]  # ftrack_api is untyped
    """Data that appears under its final name when it is closed, and not at all when it is not.

    *late* is what a publish comes back to at its end; outside of one, this object does so by itself.

    After a failed write the content is dropped and `close` does nothing: the failure was raised already, and half of a
    file must not pass for one. To be used by one thread at a time.
    """

    closed: bool

    def __init__(
        self, staged: StagedWrite, failure: Callable[[OSError], Exception], late: Late, in_publish: bool
    ) -> None:
        super().__init__(staged.file)
        self._staged = staged
        self._failure = failure
        self._late = late
        self._in_publish = in_publish
        self._abandon = weakref.finalize(self, staged.discard)

    def write(self, content: Any) -> None:
        """Write *content* at the current position."""
        try:
            super().write(content)
        except OSError as error:
            raise self._dropped(error) from error

    def fill(self, source: BinaryIO) -> None:
        """Write all of the file *source*, which was just opened; nothing else is written before or after.

        Raise OSError where it cannot be read.
        """
        try:
            self._staged.fill(source)
        except SourceUnreadable as unreadable:
            self._abandon()
            raise unreadable.error from None
        except OSError as error:
            raise self._dropped(error) from error

    def flush(self) -> None:
        """Hand what was written to the system; it stays invisible until `close`."""
        try:
            super().flush()
        except OSError as error:
            raise self._dropped(error) from error

    def close(self) -> None:
        """Make what was written visible under its final name; further calls do nothing.

        Where another program has the file open, that is waited for; inside of a publish, at the end of the publish.
        """
        if self.closed:
            return
        self.closed = True
        if not self._abandon.alive:
            return
        try:
            self._staged.close()
        except OSError as error:
            raise self._dropped(error) from error
        self._abandon.detach()  # whatever comes now, it is renamed or removed
        self._late.rename(self._staged, self._failure)
        if not self._in_publish:
            self._late.finish()

    def discard(self) -> None:
        """Drop what was written; nothing appears under the final name."""
        self.closed = True
        self._abandon()

    def _dropped(self, error: OSError) -> Exception:
        self._abandon()
        return self._failure(error)
