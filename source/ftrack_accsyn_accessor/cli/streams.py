"""The streams of the process, wherever they lead: to a reader that goes, to a full disk, to nothing at all.

What a command does is done whatever becomes of what it says. So no fault of a stream is raised where something is
written; the last one is told when the command has ended.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import select
import sys
from typing import Any, Optional, TextIO

#: How a system says that nobody reads any more. Windows has a word of its own for it.
_GONE = {errno.EPIPE, errno.ECONNRESET, *([errno.EINVAL] if os.name == "nt" else [])}


class _Enduring(io.RawIOBase):
    """Passes on to *raw* what is written, until that takes no more; the rest is lost, and *fault* tells why."""

    def __init__(self, raw: Any) -> None:
        self.fault: Optional[OSError] = None
        self._raw = raw

    def write(self, data: Any) -> int:
        if self.fault is None:
            try:
                written: int = self._raw.write(data)
                return written
            except OSError as error:
                self.fault = error
        return len(data)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def isatty(self) -> bool:
        return bool(self._raw.isatty())


def prepare() -> None:
    """Make the streams of this process endure what may become of them."""
    _lead_to_nowhere()
    sys.stdout, sys.stderr = _enduring(sys.stdout), _enduring(sys.stderr)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - as long as the process


def finish(code: int, failed: int) -> int:
    """Return the exit code of a command that has ended with *code*, or *failed* where nobody can read what it said.

    A reader that has gone by itself has read what it wanted.
    """
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        fault = _fault()
        if fault is not None and fault.errno not in _GONE:
            text = f"What this command says could not be written: {fault.strerror}. What it does is done."
            print(text, file=sys.stderr, flush=True)  # noqa: T201 - it may have ended before click was there
            return code or failed
    return code


def reader_gone() -> bool:
    """Whether nobody reads standard output any more, as far as the system tells."""
    fault = _fault()
    if fault is not None:
        return fault.errno in _GONE
    with contextlib.suppress(OSError, ValueError, AttributeError):  # Windows has no poll
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    return False


def _lead_to_nowhere() -> None:
    """Open what was closed: the next file, such as the outbox, would get its number, and all that is printed."""
    while True:
        number = os.open(os.devnull, os.O_RDWR)
        if number > 2:
            os.close(number)
            return
        os.set_inheritable(number, True)


def _enduring(stream: Optional[TextIO]) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    raw = getattr(stream.buffer, "raw", stream.buffer)
    # A console of Windows has a few hundred letters; names have all, and a command must not end by one of them.
    return io.TextIOWrapper(
        io.BufferedWriter(_Enduring(raw)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _fault() -> Optional[OSError]:
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw.fault if isinstance(raw, _Enduring) else None
