"""Thumbnails and what browsers can play: ftrack's own client uploads a file for a version. Nothing depends on it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ftrack_accsyn_accessor.ftrack.trouble import trouble
from ftrack_accsyn_accessor.model.credentials import FtrackCredentials

logger = logging.getLogger(__name__)

IMAGES = frozenset({".jpg", ".jpeg", ".png"})
MOVIES = frozenset({".mov", ".mp4"})
_TIMEOUT_S = 60


def show(credentials: FtrackCredentials, version_id: str, path: str, *, movie: bool) -> str:
    """Have a version shown by the file at *path*; return why that was not possible, empty where it was.

    A movie is encoded, which makes the thumbnail as well; an image is the thumbnail. Not for twice. Raises nothing.
    """
    try:
        with _session(credentials) as session:
            version = session.get("AssetVersion", version_id)
            if not movie:
                version.create_thumbnail(path)
            version.encode_media(path)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a picture, the version is there
        words = " ".join(filter(None, trouble(error, credentials.api_key)))
        logger.warning("The version %s is not shown by a picture. %s", version_id, words)
        return words
    return ""


@contextmanager
def _session(credentials: FtrackCredentials) -> Iterator[Any]:
    import ftrack_api  # The command line and the tests of pure parts run without ftrack.

    session = ftrack_api.Session(
        server_url=credentials.address,
        api_user=credentials.api_user,
        api_key=credentials.api_key,
        plugin_paths=[],
        auto_connect_event_hub=False,
        timeout=_TIMEOUT_S,
    )
    try:
        yield session
    finally:
        session.close()
