"""Works off what the vendor loop has not finished: called by hooks and by the service, at the same time if need be."""

from __future__ import annotations

import functools
import logging
import time
from typing import Callable, Optional

from ftrack_accsyn_accessor import announce
from ftrack_accsyn_accessor.model import errors, retry
from ftrack_accsyn_accessor.vendor import ingest, shortfall, waiting
from ftrack_accsyn_accessor.vendor.means import Means
from ftrack_accsyn_accessor.vendor.outsourcing import Outsourcing
from ftrack_accsyn_accessor.vendor.relaying import Relaying
from ftrack_accsyn_accessor.vendor.spool import MISSING, RECEIPT, RELAY, WRONG, Entry
from ftrack_accsyn_accessor.worker.runtime import Runtime

logger = logging.getLogger(__name__)


def advance(means: Means, runtime: Optional[Runtime]) -> None:
    """Go on with all that waits, as far as it can be gone on with now; *runtime* carries what is asked for by it.

    Without one what needs to be carried waits. What is wrong with one entry, or one kind of them, stops no other; it is
    logged, and kept in the entry as its cause. Only `errors.SpoolError` is raised, where it cannot be told what waits.
    For one thread, that of *means*.
    """
    relaying = Relaying(means, runtime) if runtime is not None else None
    if relaying is not None:
        _work_off(means, RELAY, relaying.work)
    ingest.work_off(means)
    _work_off(means, MISSING, functools.partial(shortfall.tell, means))
    if runtime is not None and relaying is not None:
        _work_off(means, RECEIPT, relaying.carry_receipt)
        handed_out = _isolated(Outsourcing(means, runtime).advance)
        if handed_out or relaying.written:
            runtime.worker.wake()


def _work_off(means: Means, kind: str, work: Callable[[Entry], Optional[str]]) -> None:
    """Work off entries of a kind; *work* tells what one waits for that it does not get by itself."""
    for entry in means.spool.waiting(kind):
        with means.spool.claim(entry) as claimed:
            if claimed is None:
                continue
            try:
                cause = work(claimed) or ""
                claimed.stop(cause, time.time(), needs_help=True)
            except errors.AccsynAccessorError as error:
                announce.once(logger, logging.WARNING, f"Something of a vendor's waits. {error}")
                claimed.stop(str(error), time.time(), needs_help=retry.needs_help(error))
                waiting.tell_refused(means, claimed, error, time.time())
                claimed.begin()
                if retry.is_outage(error):
                    break  # the next one would only wait for the same answer
            except Exception as error:  # noqa: BLE001 - it stops nothing else
                text = "Something of a vendor's waits: something is wrong with the plugin. Please report this."
                announce.fault(logger, text, error)
                claimed.stop(WRONG, time.time(), needs_help=True)
                claimed.begin()


def _isolated(step: Callable[[], bool]) -> bool:
    try:
        return step()
    except errors.SpoolError:
        raise
    except errors.AccsynAccessorError as error:
        announce.once(logger, logging.WARNING, f"What is handed out waits. {error}")
    except Exception as error:  # noqa: BLE001 - it stops nothing else
        text = "What is handed out waits: something is wrong with the plugin. Please report this."
        announce.fault(logger, text, error)
    return False
