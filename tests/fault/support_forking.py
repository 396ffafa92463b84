"""What the child processes of the fault tests do that fork: while the worker works, uploads, logs, or prepares."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ftrack_api

from fault.support_jobs import Report, drain, publish_items, shorten_waits
from ftrack_accsyn_accessor.staging import area as staging
from helpers import wait_until


def publish_across_fork(arguments: Mapping[str, Any], report: Report) -> None:
    """Publish, fork while the worker works, publish in the child and go on publishing in the parent.

    The child opens a `session` of its own, or uses the one that it has inherited while the parent waits for its end.
    """
    shorten_waits(arguments)
    session = ftrack_api.Session()
    publish_items(session, arguments, report, "_before")
    busy = threading.Thread(target=publish_for_ever, args=(arguments, report), daemon=True)
    if arguments["busy"]:
        busy.start()
    for number in range(arguments["forks"]):
        pid = os.fork()
        if not pid:
            own = ftrack_api.Session() if arguments["session"] == "own" else session
            publish_items(own, arguments, report, f"_child{number}")
            names = [thread.name for thread in threading.enumerate()]
            report.add(workers=names.count("ftrack-accsyn-worker"))
            if arguments["child"] == "hard":
                os._exit(0)
            return
        if arguments["session"] == "own":
            publish_items(session, arguments, report, f"_parent{number}")
        _, status = os.waitpid(pid, 0)
        report.add(child=os.waitstatus_to_exitcode(status))
    publish_items(session, arguments, report, "_after")
    (Path(arguments["folder"]) / "enough").touch()
    if arguments["busy"]:
        busy.join()
    drain(session)


def publish_for_ever(arguments: Mapping[str, Any], report: Report) -> None:
    """Publish until somebody says that it is enough, for the outbox to be in use at any moment."""
    session = ftrack_api.Session()
    number = 0
    while not (Path(arguments["folder"]) / "enough").exists():
        number += 1
        publish_items(session, arguments, report, f"_busy{number}")


def fork_while_uploading(arguments: Mapping[str, Any], report: Report) -> None:
    """Publish; when told to, fork and publish in the child, and report how long its worker waits for the lock."""
    shorten_waits(arguments)
    session = ftrack_api.Session()
    publish_items(session, arguments, report, "_parent")
    wait_until(Path(arguments["go"]).exists, 30.0, "the signal to go")
    pid = os.fork()
    if not pid:
        own = ftrack_api.Session()
        publish_items(own, arguments, report, "_child")
        parts = own.pick_location().accsyn_staging
        parts.worker.stop(10.0)
        report.add(waits_s=parts.worker.run_once(settled=True))
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    report.add(child=os.waitstatus_to_exitcode(status))
    drain(session)


def fork_while_logging(arguments: Mapping[str, Any], report: Report) -> None:
    """Fork while another thread writes to the plugin's log; each child ends as any interpreter does, by flushing it."""
    ftrack_api.Session()
    logger = logging.getLogger("ftrack_accsyn_accessor.worker.worker")
    enough = threading.Event()

    def log_on() -> None:
        while not enough.is_set():
            logger.info("x" * 10_000)

    thread = threading.Thread(target=log_on)
    thread.start()
    for _ in range(arguments["forks"]):
        pid = os.fork()
        if not pid:
            logging.shutdown()
            os._exit(0)
        os.waitpid(pid, 0)
    enough.set()
    thread.join()
    report.add(forks=arguments["forks"])


def fork_while_preparing(arguments: Mapping[str, Any], report: Report) -> None:
    """Fork while another thread prepares the staging area; then open a session in the child."""
    opening = threading.Thread(target=ftrack_api.Session)
    opening.start()
    wait_until(staging._prepared_lock.locked, 20.0, "the staging area to be in preparation")
    report.add(preparing=True)
    pid = os.fork()
    if not pid:
        report.add(staged=hasattr(ftrack_api.Session().pick_location(), "accsyn_staging"))
        return
    opening.join()
    _, status = os.waitpid(pid, 0)
    report.add(child=os.waitstatus_to_exitcode(status))
