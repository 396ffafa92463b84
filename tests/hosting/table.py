"""The table of hosts: one line each, with what is expected of it. The manual's page has the same lines."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional


class Outcome(enum.Enum):
    """What becomes of what a host has published, in the words of the manual."""

    ARRIVES = "arrives"
    KEPT = "is kept, and carried by the next process"
    REFUSED = "publishes, without the accsyn location"


class Needs(enum.Enum):
    """What not every machine has."""

    POSIX = "fork, signals and limits of POSIX"
    GEVENT = "gevent"
    OLD_LOCKS = "filelock 3.0.12"
    NEW_LOCKS = "filelock 4"
    LATIN = "localedef, and what it makes locales of"
    TURKISH = "the same for Turkish"
    QT = "PySide6"
    PYINSTALLER = "PyInstaller"
    ACCOUNTS = "root, who may run processes of other accounts"
    INTERPRETERS = "CPython 3.13, whose interpreters can be made from Python"


#: As processes of any account have them, if they have one at all.
NO_ACCOUNT, NOBODY, GROUP = 12003, 65534, 12004

#: CPython says it from 3.12 on, of any process with threads.
FORK = r"(.*ways\.py:\d+: DeprecationWarning: This process .* is multi-threaded, use of fork\(\) may lead .*\n.*\n)*"

#: Python's own HTTP library says it where C extensions cannot be loaded a second time.
INNER = r"(.*RequestsDependencyWarning.*\n.*\n)?"
#: What a handler raises in the middle of queueing is taken for a fault, and told with its place.
BROKEN_OFF = r"(?s:(Could not queue the published components\. OutOfTimeError\. The publish itself is not .*)?)"


@dataclass(frozen=True)
class Host:
    """A host: what it is called, and which function of `ways` it is.

    `published` counts what it reports, None for some. `says` is a pattern of all that it writes to its streams.
    `copies` of the plugin lie on the path. `options` are the interpreter's; a variable that is None is not set.
    `account` and `group` are numbers. `folder` is what the one that the plugin lies in is called.
    """

    name: str
    way: str
    outcome: Outcome = Outcome.ARRIVES
    published: Optional[int] = 1
    code: int = 0
    says: str = ""
    needs: Optional[Needs] = None
    options: tuple[str, ...] = ()
    variables: Mapping[str, Optional[str]] = field(default_factory=dict)
    account: Optional[int] = None
    group: Optional[int] = None
    is_cheap: bool = False
    copies: int = 1
    folder: str = ""


_ASCII = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}

HOSTS = (
    # First, since it takes longest.
    Host("frozen by PyInstaller, with `sqlite3`", "with sqlite3", needs=Needs.PYINSTALLER),
    Host(
        "frozen by PyInstaller, without `sqlite3`",
        "without sqlite3",
        Outcome.REFUSED,
        says=r".*comes without SQLite.* Freeze this application with that module\.\n",
        needs=Needs.PYINSTALLER,
    ),
    # All else.
    Host("a script that ends at once", "leaves"),
    # Threads and processes.
    Host("threads with sessions of their own", "threads", published=10),
    Host("threads that open theirs first of all, at once", "rush", published=5),
    Host("fork, the child ends by `os._exit`", "forks", published=3, says=FORK, needs=Needs.POSIX),
    Host("fork, the child goes on with the session", "inherits", published=3, says=FORK, needs=Needs.POSIX),
    Host("a daemon: forks twice, closes all files", "daemonises", published=2, says=FORK, needs=Needs.POSIX),
    Host("a pool of forked processes", "fork_pool", published=4, needs=Needs.POSIX),
    Host("a pool of a fork server", "server_pool", published=4, needs=Needs.POSIX),
    Host("a pool of spawned processes", "spawn_pool", published=4),
    Host("an interpreter inside of the process", "subinterpreter", needs=Needs.INTERPRETERS, says=INNER),
    Host("an isolated one", "isolated", Outcome.KEPT, needs=Needs.INTERPRETERS, says=INNER),
    # Loops.
    Host("asyncio, in the loop and in an executor, debug on", "loop", published=4),
    Host("gevent, everything patched", "greenlets", published=3, needs=Needs.GEVENT),
    # How the interpreter is started.
    Host("`python -I -S`", "stays", options=("-I", "-S"), is_cheap=True),
    Host("`python -OO`", "stays", options=("-OO", "-W", "ignore::SyntaxWarning")),
    Host("`python -X dev`, each warning an error", "strict", options=("-X", "dev", "-W", "ignore::DeprecationWarning")),
    Host("faulthandler, dumping all threads", "watched", options=("-X", "faulthandler")),
    Host("`LANG=C`, names beyond ASCII", "letters", variables={"LANG": "C", **_ASCII}),
    Host(
        "a locale of ASCII alone",
        "lacking_letters",
        says=r".*is refused: .*PYTHONUTF8=1.*\n",
        variables={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", **_ASCII},
        needs=Needs.POSIX,
    ),
    Host(
        "a locale of Latin-1",
        "other_letters",
        says=r".*is refused: .*iso8859-1.*PYTHONUTF8=1.*\n",
        variables={"LC_ALL": "de_DE.ISO-8859-1", "PYTHONUTF8": "0"},
        needs=Needs.LATIN,
    ),
    Host("a Turkish locale", "turkish", variables={"LC_ALL": "tr_TR.UTF-8"}, needs=Needs.TURKISH),
    # Accounts, homes, rights.
    Host("umask 077", "closed_umask", needs=Needs.POSIX),
    Host("umask 000", "open_umask", needs=Needs.POSIX),
    Host(
        "umask 777",
        "blind_umask",
        Outcome.REFUSED,
        says=r".*\.ftrack-accsyn belongs to this user, whom its mode \(000\) keeps out: .* umask of .*\n",
        needs=Needs.ACCOUNTS,
        account=NO_ACCOUNT,
    ),
    Host(
        "an account that is given up between two publishes",
        "gives_up_account",
        published=2,
        says=r".*may not look into .*belongs to root.*open a new session.*\n(Could not use .*belongs to root.*\n)?",
        needs=Needs.ACCOUNTS,
    ),
    Host("no home at all", "stays", variables={"HOME": None}, needs=Needs.ACCOUNTS, account=NO_ACCOUNT),
    Host("a home that cannot be written", "stays", variables={"HOME": "/"}, needs=Needs.ACCOUNTS, account=NO_ACCOUNT),
    Host("nobody, in a folder of a group", "shares", needs=Needs.ACCOUNTS, account=NOBODY, group=GROUP),
    # Interruptions and ends.
    Host("a timer, hundreds of signals a second", "ticks", published=2, needs=Needs.POSIX, is_cheap=True),
    Host(
        "a timer whose handler raises in a publish",
        "raises",
        Outcome.KEPT,
        published=None,
        says=BROKEN_OFF,
        needs=Needs.POSIX,
    ),
    Host("a timer whose handler raises while sessions open", "raises_in_opening", needs=Needs.POSIX),
    Host("`os._exit` right after a publish", "gone", Outcome.KEPT, is_cheap=True),
    Host("`os.exec` right after a publish", "replaced", Outcome.KEPT, needs=Needs.POSIX),
    Host("SIGTERM, not handled", "terminated", Outcome.KEPT, code=-15, needs=Needs.POSIX),
    Host("SIGTERM, handled by `sys.exit`", "handles", needs=Needs.POSIX),
    Host("Ctrl-C while the end waits", "in_a_hurry", Outcome.KEPT, needs=Needs.POSIX),
    Host("`sys.exit` in a thread", "exits_in_thread"),
    Host("a daemon thread that publishes at the end", "daemon_thread", Outcome.KEPT, published=None),
    Host("a thread that goes on after the main one", "outlives"),
    Host("an exit handler of its own that publishes", "publishes_at_end", Outcome.KEPT, published=2),
    # Applications with Python in them.
    Host("an application that embeds Python: no `sys.executable`, no `sys.argv`", "embedded"),
    Host("one whose window for output is closed, and raises", "console"),
    Host("one with Qt, whose loop pumps ftrack's hub", "qt_loop", needs=Needs.QT),
    # Limits.
    Host("24 open files", "few_files", needs=Needs.POSIX),
    Host("256 MB of addresses", "little_memory", needs=Needs.POSIX),
    Host("128 KB of stack for each thread", "small_stacks"),
    Host(
        "no threads any more",
        "no_threads",
        Outcome.KEPT,
        needs=Needs.ACCOUNTS,
        variables={"HOME": None},
        account=NO_ACCOUNT,
    ),
    Host("stdin, stdout and stderr closed", "no_streams", needs=Needs.POSIX, is_cheap=True),
    Host("the working folder deleted", "no_folder", needs=Needs.POSIX),
    # What a host has changed.
    Host("hooks for exceptions that raise", "own_hooks"),
    Host("a class of loggers of its own, logging off", "own_log"),
    Host("a log handler that raises", "broken_log"),
    Host("a time limit for all sockets", "impatient"),
    Host("its path for modules, put back after each script", "restored_path"),
    Host("modules thrown out, and loaded anew", "unloads", published=3),
    Host("an old filelock of its own, 3.0", "stays", needs=Needs.OLD_LOCKS),
    Host("a new filelock of its own, 4", "inherits", published=3, says=FORK, needs=Needs.NEW_LOCKS),
    Host("two copies of the plugin on the path", "leaves", copies=2),
    Host("a plugin folder with blanks and letters beyond ASCII", "stays", folder="Plug-ins プラグイン (1) %20"),
)
