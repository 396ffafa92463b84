"""Whether it is of any use to wait for the worker of this process. Any thread."""

from __future__ import annotations

import os
import time
from typing import Callable, Optional

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.outbox import leadership
from ftrack_accsyn_accessor.worker.runtime import Runtime

#: Within this time another process that can send has taken over: an idle one looks every two seconds.
OTHERS_S = 4.0
#: What stays as it is until somebody changes the settings of this process.
OWN = (errors.LoginRefused, errors.Unauthorised, errors.SettingsError)


class Ability:
    """To be asked again and again, while something is waited for that *runtime* is to do."""

    def __init__(self, runtime: Runtime, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._runtime = runtime
        self._monotonic = monotonic
        self._since: Optional[float] = None

    def require(self) -> None:
        """Raise what keeps this process from sending until its settings are others, unless another one sends."""
        error = self._runtime.worker.unable
        if not isinstance(error, OWN):
            self._since = None
            return
        now = self._monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since >= OTHERS_S and not self._another_sends():
            raise errors.final(error)

    def _another_sends(self) -> bool:
        leader = leadership.read(self._runtime.outbox.path)
        if leader is None or leader.pid == os.getpid() or leader.what:
            return False
        return not leader.is_silent(time.time(), time.monotonic())
