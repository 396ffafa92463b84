"""The hosts: each function is one, started as `ways.py NAME` in a process of its own.

What each is meant to show stands in the table.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import threading
import time
import warnings
from pathlib import Path

THREADS = 5
#: Seconds between two signals.
TICK_S = 0.002
#: Of a thread's stack.
SMALL_STACK_BYTES = 128 << 10
#: Open at once; ftrack_api's own need some.
FEW_FILES = 24
#: Of addresses, on CPython's 64 bits: what ftrack_api itself needs is a bit less.
LITTLE_MEMORY_BYTES = 256 << 20
LETTERS = "プレート_ü"

if __name__ == "__main__":
    if sys.argv[1] == "greenlets":
        from gevent import monkey

        monkey.patch_all()
    sys.path += filter(None, os.environ.get("ARTIST_PATH", "").split(os.pathsep))

from artist import FOLDER, open_and_publish, open_session, publish, stay  # noqa: E402 - of gevent


def leaves() -> None:
    open_and_publish("plate")


def stays() -> None:
    stay(open_and_publish("plate"))


# Threads and processes.


def threads() -> None:
    first = open_session()  # else ftrack_api reads its cache of schemas while another thread writes it
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
        while not over.exists():
            time.sleep(0.05)
        os._exit(0)
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

    def out_of_time(*_: object) -> None:
        raise OutOfTimeError

    signal.signal(signal.SIGALRM, out_of_time)
    session = open_session()
    for number in range(1, 20):
        with contextlib.suppress(OutOfTimeError):
            try:
                signal.setitimer(signal.ITIMER_REAL, number * 0.004)
                publish(session, f"number{number}")
            except Exception:  # noqa: BLE001 - of whatever kind ftrack makes it
                session.rollback()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    publish(session, "last")
    os._exit(0)


def gone() -> None:
    open_and_publish("gone")
    os._exit(0)


def replaced() -> None:
    open_and_publish("replaced")
    os.execv(sys.executable, [sys.executable, "-c", ""])


def terminated() -> None:
    open_and_publish("terminated")
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


# Limits, and what a host has changed.


def few_files() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_FILES, FEW_FILES))
    stay(open_and_publish("few", frames=range(1, 60)))


def little_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (LITTLE_MEMORY_BYTES, LITTLE_MEMORY_BYTES))
    stay(open_and_publish("memory"))


def small_stacks() -> None:
    threading.stack_size(SMALL_STACK_BYTES)
    stay(open_and_publish("stacks"))


def no_streams() -> None:
    assert (sys.stdin, sys.stdout, sys.stderr) == (None, None, None)
    stay(open_and_publish("streams"))


def no_folder() -> None:
    shutil.rmtree(os.getcwd())
    stay(open_and_publish("folder"))


def closed_umask() -> None:
    os.umask(0o077)
    stays()


def open_umask() -> None:
    os.umask(0o000)
    stays()


def shares() -> None:
    os.umask(0o002)
    stays()


def letters() -> None:
    stay(open_and_publish(LETTERS))


def lacking_letters() -> None:
    """What cannot be called so here is refused, and all else goes."""
    session = open_session()
    try:
        publish(session, LETTERS, file="plain")
    except Exception as error:  # noqa: BLE001 - of whatever kind ftrack makes it
        sys.stdout.write(ascii(str(error)) + "\n")
    publish(session, "plate")
    stay(session)


def strict() -> None:
    """From here on: ftrack_api cannot even be imported where each warning is an error."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", module="arrow")
    open_and_publish("strict")


def own_hooks() -> None:
    def complain(*_: object) -> None:
        raise RuntimeError("The host's hook was called.")

    sys.excepthook = threading.excepthook = sys.unraisablehook = complain
    stay(open_and_publish("hooks"))


class BrokenHandler(logging.Handler):
    """Like one whose window is closed: it can show nothing any more, and raises instead."""

    def emit(self, record: logging.LogRecord) -> None:
        raise RuntimeError("Internal C++ object already deleted.")


def broken_log() -> None:
    log = logging.getLogger()
    log.addHandler(BrokenHandler())
    logging.getLogger("ftrack_accsyn_accessor").setLevel(logging.DEBUG)
    stay(open_and_publish("log"))


def own_log() -> None:
    class Another(logging.Logger):
        """A host's own class."""

    logging.setLoggerClass(Another)
    logging.disable(logging.CRITICAL)
    logging.raiseExceptions = False
    stay(open_and_publish("log"))


def impatient() -> None:
    socket.setdefaulttimeout(2.0)
    stay(open_and_publish("impatient"))


if __name__ == "__main__":
    globals()[sys.argv[1]]()
