"""The clock of Windows, which goes on in steps, from the import of this module on; Python does that at its start."""

from __future__ import annotations

import time

TICK_NS = 15_625_000

_fine_ns = time.time_ns


def _coarse_ns() -> int:
    return _fine_ns() // TICK_NS * TICK_NS


def _coarse_s() -> float:
    return _coarse_ns() / 10**9


time.time_ns, time.time = _coarse_ns, _coarse_s
