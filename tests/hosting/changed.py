"""Hosts with limits, and those that have changed what the plugin meets in their process; started by `ways`."""

from __future__ import annotations

import atexit
import locale
import logging
import os
import shutil
import socket
import sys
import threading
import warnings

import ftrack_api
from artist import FOLDER, open_and_publish, open_session, publish, stay

#: Of a thread's stack.
SMALL_STACK_BYTES = 128 << 10
#: Open at once; ftrack_api's own need some.
FEW_FILES = 24
#: Of addresses, on CPython's 64 bits: what ftrack_api itself needs is a bit less.
LITTLE_MEMORY_BYTES = 256 << 20
LETTERS = "プレート_ü"
#: The account that nobody has, as the table names it.
NO_ACCOUNT = 12003


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
    stay(open_and_publish("plate"))


def open_umask() -> None:
    os.umask(0o000)
    stay(open_and_publish("plate"))


def blind_umask() -> None:
    os.umask(0o777)
    open_and_publish("plate")


def gives_up_account() -> None:
    """As a service that was started by root, and goes on as whom it works for."""
    session = open_and_publish("before")
    stay(session)
    os.chmod(os.path.join(FOLDER, "report"), 0o666)
    os.setgid(NO_ACCOUNT)
    os.setuid(NO_ACCOUNT)
    refused(session, "after")
    stay(open_and_publish("anew", project="show_b"))


def refused(session: ftrack_api.Session, name: str, **more: str) -> None:
    """Try to publish, and write why that cannot be."""
    try:
        publish(session, name, **more)
    except Exception as error:  # noqa: BLE001 - of whatever kind ftrack makes it
        sys.stdout.write(ascii(str(error)) + "\n")


def shares() -> None:
    os.umask(0o002)
    stay(open_and_publish("plate"))


def letters() -> None:
    stay(open_and_publish(LETTERS))


def lacking_letters(name: str = LETTERS) -> None:
    """What cannot be called so here is refused, and all else goes."""
    session = open_session()
    refused(session, name, file="plain")
    publish(session, "plate")
    stay(session)


def other_letters() -> None:
    """The locale has this one, and writes it as nobody else would read it."""
    lacking_letters("grøn")


def turkish() -> None:
    """Where the small letter of I has no dot, and 1.5 is written with a comma."""
    assert locale.setlocale(locale.LC_ALL, "").startswith("tr_TR")
    stay(open_and_publish("PLATE_I", frames=range(1, 4)))


def embedded() -> None:
    """As an application that has Python in it, and is none itself."""
    sys.executable = None
    del sys.argv
    stay(open_and_publish("embedded"))


class Console:
    """Like the window for Python in an application that was closed: no file, and nobody hears."""

    encoding = None

    def write(self, text: str) -> int:
        raise RuntimeError("Internal C++ object already deleted.")

    def flush(self) -> None:
        pass


def console() -> None:
    sys.stdin = None
    sys.stdout = sys.stderr = Console()
    stay(open_and_publish("console"))


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


def restored_path() -> None:
    """As applications do after a script: what the plugin has added is gone."""
    before = list(sys.path)
    session = open_session()
    sys.path[:] = before
    publish(session, "restored")
    stay(session)


def unloads() -> None:
    """As scripts are loaded anew: all modules of the plugin are thrown out, and come a second time."""
    first = open_and_publish("first")
    for name in [name for name in sys.modules if name.partition(".")[0] in ("ftrack_accsyn_accessor", "filelock")]:
        del sys.modules[name]
    second = open_and_publish("second")
    publish(first, "third")
    stay(second)
    stay(first)


def publishes_at_end() -> None:
    """By an exit handler of its own, after the plugin's."""
    sessions: list[ftrack_api.Session] = []
    atexit.register(lambda: publish(sessions[0], "end"))
    sessions.append(open_and_publish("before"))


def outlives() -> None:
    def work() -> None:
        threading.main_thread().join()
        open_and_publish("outlives")

    threading.Thread(target=work).start()


def no_threads() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    open_and_publish("alone")


def impatient() -> None:
    socket.setdefaulttimeout(2.0)
    stay(open_and_publish("impatient"))
