"""Reads small files that somebody else may have put there, on whatever thread needs them."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from typing import Optional, Union

#: How a file is opened: nothing waits for a writer, and no terminal becomes this process's.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


#: What Windows' PowerShell and editors begin a text with.
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(path: Union[str, os.PathLike[str]], encoding: str = "utf-8", most_bytes: Optional[int] = None) -> str:
    """Return the text in the regular file *path*, or one that it links to.

    A mark at its beginning, as PowerShell and editors of Windows make it, outranks *encoding* and is left out.

    Raise OSError where there is none, where it cannot be read, where it has more than *most_bytes*, and where it is
    anything else than a file: to open a pipe would wait for who writes to it, to read a device may never end. Raise
    ValueError where it is no text in *encoding*, or where no file can have this name.
    """
    _require_file(os.stat(path).st_mode)  # before it is opened: opening alone does something to some devices
    with open(os.open(path, _FLAGS), "rb") as file:
        _require_file(os.fstat(file.fileno()).st_mode)
        content = file.read() if most_bytes is None else file.read(most_bytes + 1)
    if most_bytes is not None and len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"it has more than {most_bytes} bytes")
    return content.decode(next((marked for mark, marked in _MARKS if content.startswith(mark)), encoding))


def _require_file(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((words for is_kind, words in _KINDS if is_kind(mode)), "something else")
        raise OSError(errno.EINVAL, f"it is {kind}, and no file")
