"""That all tests are collected where POSIX is not, and that what needs it skips there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from helpers import ROOT

#: Takes away what only POSIX has, once what is not ours has been imported, and runs pytest.
ELSEWHERE = '''
import ctypes, multiprocessing, os, signal, sys
import _pytest.pathlib, aiohttp, filelock, ftrack_api, hypothesis, pytest, pytest_cov, rich, trustme, xdist
for name in """SIGKILL SIGHUP SIGSTOP SIGCONT SIGALRM SIGUSR1 SIGUSR2 SIGQUIT SIGCHLD
    alarm pause setitimer pthread_sigmask""".split():
    delattr(signal, name)
for name in """fork forkpty register_at_fork geteuid getuid getgid getegid setuid setgid setsid killpg getpgid setpgid
    wait WNOHANG mkfifo mknod chown lchown statvfs uname getxattr setxattr listxattr O_NOFOLLOW O_DIRECTORY O_CLOEXEC
    O_NONBLOCK getloadavg posix_spawn sched_getaffinity fchmod fchown nice""".split():
    delattr(os, name)
for name in ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog"):
    sys.modules[name] = None
sys.exit(pytest.main(sys.argv[1:]))
'''

#: Words in the names of tests of which all need POSIX, and where they are.
NEEDS_POSIX = "fork or pipe or cannot_be_entered or outlives_neither or stopped or killed_at or kill_at"
WHERE = (
    "unit/test_announce.py",
    "unit/outbox",
    "unit/staging",
    "integration/workspace/test_connection.py",
    "fault/crash",
)


def elsewhere(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Rewriting the assertions takes longer than all else.
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--assert=plain")
    return subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *options, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_every_module_is_collected() -> None:
    collected = elsewhere("--collect-only", "-m", "")
    assert "ERROR" not in collected.stdout, collected.stdout[-3000:]
    assert collected.returncode == 0, collected.stderr[-3000:]
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    assert {module for module in modules if module not in collected.stdout} == set(), "neither collected nor skipped"


def test_what_needs_posix_skips_and_says_so(tmp_path: Path) -> None:
    ran = elsewhere("-k", NEEDS_POSIX, f"--basetemp={tmp_path / 'elsewhere'}", *(f"tests/{folder}" for folder in WHERE))
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    for reason in ("no fork there", "no SIGKILL there", "as only POSIX can"):
        assert reason in ran.stdout
