"""What hooks say, and how long they may take for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Callable, NamedTuple

from ftrack_accsyn_accessor.model import errors

#: accsyn ends hooks after five minutes, and who wants to publish waits half a minute for the answer.
LIMIT_S = 200.0
ANSWER_S = 12.0


class Told(NamedTuple):
    """What a hook has to say, and whether everything that has arrived is kept."""

    lines: Sequence[str] = ()
    kept: bool = True


def bounded(action: Callable[[], None], limit_s: float) -> list[str]:
    """Do something for a while, on a thread of its own; return in words what has kept it from its end.

    What takes longer is left alone: it ends with the process, which loses nothing, as by any other end of it.
    """
    said: list[str] = []
    ended = threading.Event()

    def run() -> None:
        try:
            action()
        except errors.AccsynAccessorError as error:
            said.append(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, an answer is waited for
            said.append(f"Something is wrong with the plugin ({type(error).__name__}). Please report this.")
        ended.set()

    threading.Thread(target=run, name="ftrack-accsyn-hook", daemon=True).start()
    if not ended.wait(limit_s):
        return ["It takes too long, and goes on later."]
    return said
