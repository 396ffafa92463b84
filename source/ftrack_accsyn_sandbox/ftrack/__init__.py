"""An ftrack server in memory that the real client works against."""

from __future__ import annotations

from .errors import ServerError
from .server import FtrackService
from .store import Store
from .web_page import WebPage

__all__ = ["FtrackService", "ServerError", "Store", "WebPage"]
