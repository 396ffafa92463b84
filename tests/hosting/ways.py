"""The hosts: each function is one, started as `ways.py NAME` in a process of its own.

What each is meant to show stands in the table.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import faulthandler
import logging
import multiprocessing
import os
import signal
import sys
import threading
from pathlib import Path

THREADS = 5
#: Waits for a file, as whoever has started a daemon may.
WAIT = "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.05)"
#: Seconds between two signals.
TICK_S = 0.002

if __name__ == "__main__":
    if sys.argv[1] == "greenlets":
        from gevent import monkey

        monkey.patch_all()
    sys.path += filter(None, os.environ.get("ARTIST_PATH", "").split(os.pathsep))

import changed  # noqa: E402 - of gevent
import ftrack_api  # noqa: E402
from artist import FOLDER, SENT_S, is_sent, open_and_publish, open_session, publish, stay  # noqa: E402 - of gevent


def leaves() -> None:
    open_and_publish("plate")


def stays() -> None:
    stay(open_and_publish("plate"))


# Threads and processes.


def threads() -> None:
    first = open_session()
    barrier = threading.Barrier(THREADS)

    def work(number: int) -> None:
        session = open_session()
        barrier.wait()
        publish(session, f"thread{number}", frames=range(1, 4))
        publish(session, f"again{number}", project="show_b")

    started = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for each in started:
        each.start()
    for each in started:
        each.join()
    stay(first)


def rush() -> None:
    """No session was opened before: ftrack_api itself needs its cache of schemas to be off for that."""
    barrier, sessions = threading.Barrier(THREADS), []

    def work(number: int) -> None:
        barrier.wait()
        session = ftrack_api.Session(auto_connect_event_hub=False, schema_cache_path=False)
        publish(session, f"rush{number}")
        sessions.append(session)

    started = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for each in started:
        each.start()
    for each in started:
        each.join()
    stay(sessions[0])


def forks() -> None:
    session = open_and_publish("before")
    pid = os.fork()
    if not pid:
        open_and_publish("child")
        os._exit(0)
    ended(pid)
    publish(session, "after")
    stay(session)


def ended(pid: int) -> None:
    _, status = os.waitpid(pid, 0)
    assert status == 0, status


def daemonises() -> None:
    """As daemons do: twice a fork, and no file stays open, whoever opened it."""
    open_and_publish("first").close()  # else its connection closes a file of the next one, once it is collected
    over = Path(FOLDER, "over")
    pid = os.fork()
    if pid:
        ended(pid)
        # What had the plugin would send for the daemon.
        os.execv(sys.executable, [sys.executable, "-c", WAIT, str(over)])
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 256)
    for _ in range(3):
        os.open(os.devnull, os.O_RDWR)
    try:
        stay(open_and_publish("daemon"))
    finally:
        over.touch()
        os._exit(0)


def fork_pool() -> None:
    pool("fork")


def spawn_pool() -> None:
    pool("spawn")


def pool(method: str) -> None:
    session = open_and_publish("parent")
    with multiprocessing.get_context(method).Pool(2) as workers:
        workers.map(in_pool, ["one", "two", "three"], chunksize=1)
    stay(session)


def in_pool(name: str) -> None:
    open_and_publish(name)


def server_pool() -> None:
    pool("forkserver")


def inherits() -> None:
    """The child goes on with the session of its parent."""
    session = open_and_publish("before")
    pid = os.fork()
    if not pid:
        publish(session, "child")
        stay(session)
        os._exit(0)
    ended(pid)
    publish(session, "after")
    stay(session)


def subinterpreter() -> None:
    inside("legacy")


def isolated() -> None:
    inside("isolated")


def inside(kind: str) -> None:
    import _interpreters as interpreters

    number = interpreters.create(kind)
    code = f"import sys; sys.path[:] = {sys.path!r}\nfrom artist import *\nsession = open_and_publish('inner')"
    failure = interpreters.exec(number, code + ("; stay(session)" if kind == "legacy" else ""))
    assert failure is None, failure
    interpreters.destroy(number)


# Loops.


def loop() -> None:
    async def work() -> None:
        session = open_and_publish("in_loop")
        running = asyncio.get_running_loop()
        await asyncio.gather(*(running.run_in_executor(None, open_and_publish, f"executor{n}") for n in range(3)))
        await running.run_in_executor(None, stay, session)

    logging.getLogger("asyncio").setLevel(logging.ERROR)  # that a publish takes a moment is known
    asyncio.run(work(), debug=True)


def greenlets() -> None:
    import gevent

    jobs = [gevent.spawn(open_and_publish, f"greenlet{number}") for number in range(3)]
    gevent.joinall(jobs, raise_error=True)
    stay(jobs[0].value)


def qt_loop() -> None:
    """The publish blocks the window, as any call to ftrack does; the background goes on, and so does the loop."""
    from PySide6.QtCore import QCoreApplication, QTimer

    application = QCoreApplication([])
    session = ftrack_api.Session(auto_connect_event_hub=True)
    pump, look, ticks = QTimer(), QTimer(), []

    def turn() -> None:
        ticks.append(1)
        session.event_hub.wait(0.01)

    def work() -> None:
        publish(session, "slot", frames=range(1, 4))
        outbox = session.pick_location().accsyn_staging.outbox
        look.timeout.connect(lambda: is_sent(outbox) and application.quit())
        look.start(50)

    pump.timeout.connect(turn)
    pump.start(20)
    QTimer.singleShot(0, work)
    QTimer.singleShot(int(SENT_S * 1000), lambda: application.exit(3))
    assert application.exec() == 0
    assert len(ticks) > 1, len(ticks)


# Interruptions and ends.


def ticks() -> None:
    count = []
    signal.signal(signal.SIGALRM, lambda *_: count.append(1))
    signal.siginterrupt(signal.SIGALRM, True)
    signal.setitimer(signal.ITIMER_REAL, TICK_S, TICK_S)
    session = open_and_publish("ticks", frames=range(1, 30))
    publish(session, "more")
    stay(session)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert len(count) > 20, len(count)


class OutOfTimeError(Exception):
    """What the handler raises, in the middle of anything."""


def raises() -> None:
    """One publish after the other gets a little more time, so that each is broken off elsewhere."""
    watched = False

    def out_of_time(*_: object) -> None:
        if watched:  # Python may call it when the timer is off already, and nobody expects it any more
            raise OutOfTimeError

    signal.signal(signal.SIGALRM, out_of_time)
    session = open_session()
    for number in range(1, 20):
        with contextlib.suppress(OutOfTimeError):
            try:
                watched = True
                signal.setitimer(signal.ITIMER_REAL, number * 0.004)
                publish(session, f"number{number}")
            except Exception:  # noqa: BLE001 - of whatever kind ftrack makes it
                session.rollback()
            finally:
                watched = False
                signal.setitimer(signal.ITIMER_REAL, 0)
    publish(session, "last")
    os._exit(0)


def raises_in_opening() -> None:
    """Each session gets a little more time to open, until one is open in time."""

    def out_of_time(*_: object) -> None:
        raise OutOfTimeError

    signal.signal(signal.SIGALRM, out_of_time)
    logging.disable(logging.CRITICAL)  # each is told
    sys.unraisablehook = lambda _: None  # what is raised in the midst of cleaning up
    for number in range(1, 30):
        with contextlib.suppress(Exception):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.01 + number * 0.003)
                open_session()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    stay(open_and_publish("last"))


def gone() -> None:
    open_and_publish("gone")
    os._exit(0)


def replaced() -> None:
    open_and_publish("replaced")
    os.execv(sys.executable, [sys.executable, "-c", ""])


def terminated() -> None:
    open_and_publish("terminated")
    os.kill(os.getpid(), signal.SIGTERM)


def in_a_hurry() -> None:
    """Ctrl-C while the end waits."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    open_and_publish("hurry")
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0.02)  # before what the plugin does there


def handles() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    open_and_publish("handled")
    os.kill(os.getpid(), signal.SIGTERM)


def exits_in_thread() -> None:
    def work() -> None:
        open_and_publish("exits")
        sys.exit(3)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def daemon_thread() -> None:
    session, first = open_session(), threading.Event()

    def work() -> None:
        for number in range(10_000):
            publish(session, f"daemon{number}")
            first.set()

    threading.Thread(target=work, daemon=True).start()
    first.wait()


def watched() -> None:
    with open(os.path.join(FOLDER, "dump"), "w") as file:
        faulthandler.enable(file)
        faulthandler.dump_traceback_later(50.0, file=file)
        session = open_and_publish("watched")
        faulthandler.dump_traceback(file)
        stay(session)
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    (globals().get(sys.argv[1]) or getattr(changed, sys.argv[1]))()
