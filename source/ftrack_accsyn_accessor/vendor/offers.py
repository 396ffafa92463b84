"""What vendors were told that they may publish: kept here, for what comes back comes from their machines."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ftrack_accsyn_accessor.files import read_text
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import file
from ftrack_accsyn_accessor.vendor.recognising import UUID
from ftrack_accsyn_accessor.vendor.spool import Spool

#: How long a vendor may take between the question and the end of the upload.
KEPT_DAYS = 30.0
_DAY_S = 86_400.0
_MOST_BYTES = 64 * 1024 * 1024
_FOLDER = "offers"
_NAME = re.compile(rf"{UUID}\.json")


class Offer(NamedTuple):
    """What a user (id in accsyn) may publish: `paths` in the volume, each with the statuses that they may say of it."""

    vendor_id: str
    paths: Mapping[str, tuple[str, ...]]


class Offers:
    """Offers in a folder of the spool, each by a token that nobody can guess. Any process of the account.

    Methods raise `errors.SpoolError` where the disk refuses, or where the folder is not private.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._folder = spool.folder / _FOLDER

    @staticmethod
    def token() -> str:
        """Return the token of a new offer."""
        return str(uuid.uuid4())

    def keep(self, token: str, offer: Offer) -> None:
        """Keep an offer by its token; those that are too old for anybody to come back to go."""
        try:
            self._spool.prepare()
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._forget()
            file.write(self._folder / f"{token}.json", json.dumps(offer._asdict()))
        except OSError as error:
            raise _error("keep what may be published", self._folder, error) from error

    def find(self, token: str) -> Optional[Offer]:
        """Return the offer with a token, None where there is none, or none any more."""
        if not re.fullmatch(UUID, token):
            return None
        path = self._folder / f"{token}.json"
        try:
            self._spool.prepare()
            found: Any = json.loads(read_text(path, most_bytes=_MOST_BYTES))
            return Offer(found["vendor_id"], {path: tuple(each) for path, each in found["paths"].items()})
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _error("see what may be published", path, error) from error
        except (ValueError, LookupError, TypeError, AttributeError):
            return None

    def _forget(self) -> None:
        oldest = time.time() - KEPT_DAYS * _DAY_S
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if _NAME.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                        os.remove(entry.path)


def _error(tried: str, path: Path, error: OSError) -> errors.SpoolError:
    remedy = "Check the folder's permissions and the free space of its disk."
    return errors.SpoolError(tried, str(path), error.strerror or type(error).__name__, remedy)
