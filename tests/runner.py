"""Runs the command line in the test's own process."""

from __future__ import annotations

import inspect

from click.testing import CliRunner

#: Before 8.2 click mixes both streams unless it is told not to; the last click for CPython 3.9 is such a one.
RUNNER = CliRunner(**({"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}))
