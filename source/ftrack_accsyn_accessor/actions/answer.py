"""Answers a launch while the page still waits for it, and shows what comes later all the same."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from ftrack_accsyn_accessor.actions import forms
from ftrack_accsyn_accessor.actions.launch import Launch
from ftrack_accsyn_accessor.ftrack.notice import Notices

#: How long a page waits for a reply is not known; ftrack's own client gives up after 30 s.
PATIENCE_S = 8.0


class Answer:
    """The answer to one launch, given once. Any thread may call it."""

    def __init__(self, notices: Notices, launch: Launch) -> None:
        self.launch = launch
        self._notices = notices
        self._lock = threading.Lock()
        self._replied = False
        self._timer = threading.Timer(PATIENCE_S, self._not_yet)
        self._timer.daemon = True
        self._timer.name = "ftrack-accsyn-patience"
        self._timer.start()

    def give(self, data: Mapping[str, Any]) -> None:
        """Reply with *data*; where a reply was given already, show it to the user instead."""
        self._timer.cancel()
        user_id = self.launch.requester.user_id
        if self._first():
            self._notices.reply(self.launch.event_id, self.launch.source_id, data)
        elif user_id:
            self._notices.show(user_id, {**data, **self.launch.text} if "items" in data else data)

    def _not_yet(self) -> None:
        if self._first():
            text = f"{self.launch.action.label} is at it; what it finds is shown here in a while."
            self._notices.reply(self.launch.event_id, self.launch.source_id, forms.message(text, True))

    def _first(self) -> bool:
        with self._lock:
            first, self._replied = not self._replied, True
        return first
