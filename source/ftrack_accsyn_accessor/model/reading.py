"""Reads variables one by one, and collects what is wrong with them. Pure: see `settings`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple, Optional

from ftrack_accsyn_accessor.model import slips
from ftrack_accsyn_accessor.model.folders import expanded, full

#: Whose values are never shown.
SECRET = frozenset({"ACCSYN_API_KEY", "ACCSYN_PROXY"})
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class Problem(NamedTuple):
    """One thing wrong with the environment: the variable to look at, what is wrong, what to do."""

    variable: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.what} {self.remedy}"


class Reader:
    """Reads variables one by one and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str], flavour: ModuleType) -> None:
        self.environ = environ
        self.flavour = flavour
        self.problems: list[Problem] = []

    def text(self, variable: str) -> Optional[str]:
        """Return the stripped value, or None when it is unset or blank, and when quotes stand around it."""
        value = self.environ.get(variable, "").strip()
        meant = slips.unquoted(value)
        if meant == value:
            return value or None
        shown = "" if variable in SECRET else f"{value!r} "
        guess = f"Did you mean {meant}? " if meant and shown else ""
        self.report(variable, f"{shown}has quotes around it, which count as a part of it.", f"{guess}Leave them out.")
        return None

    def matching(self, variable: str, pattern: re.Pattern[str], wanted: str) -> Optional[str]:
        """Return the value if it has the form *pattern*, else report that *wanted* was expected."""
        value = self.text(variable)
        if value is None or pattern.fullmatch(value):
            return value
        self.report(variable, f"{value!r} is not {wanted}.", "Correct it or unset it.")
        return None

    def listed(self, variable: str) -> tuple[str, ...]:
        """Return the values that are set, separated by commas."""
        return tuple(filter(None, map(str.strip, (self.text(variable) or "").split(","))))

    def flag(self, variable: str, default: bool) -> bool:
        """Return the value as a truth value."""
        value = self.text(variable)
        if value is None:
            return default
        if value.lower() in _TRUE | _FALSE:
            return value.lower() in _TRUE
        self.report(variable, f"{value!r} is neither yes nor no.", "Set it to 1 or 0.")
        return default

    def days(self, variable: str) -> Optional[int]:
        """Return the value as a whole number of days, at least one."""
        value = self.text(variable)
        if value is None or (value.isascii() and value.isdigit() and int(value) > 0):
            return int(value) if value is not None else None
        self.report(variable, f"{value!r} is not a whole number of days.", "Set it to 1 or more, or unset it.")
        return None

    def choice(self, variable: str, words: tuple[str, ...]) -> str:
        """Return the value, one of *words*; the first of them by default."""
        value = (self.text(variable) or words[0]).lower()
        if value in words:
            return value
        self.report(variable, f"{value!r} is none of {', '.join(words)}.", "Correct it or unset it.")
        return words[0]

    def folder(self, variable: str, kind: str = "folder") -> Optional[str]:
        """Return the value as the absolute path of a *kind*, `~` and variables expanded as ftrack's disk accessor does.

        *kind* is "folder" or "file".
        """
        value = self.text(variable)
        if value is None:
            return None
        path = self._expanded(value)
        if path is None:
            self.report(variable, f"{value!r} holds what no path can hold on this system.", f"Name another {kind}.")
            return None
        wrong = slips.left(path, self.flavour)
        if wrong is not None:
            self.report(variable, f"{wrong[0]} (in {value!r}).", wrong[1])
            return None
        found = full(path, self.flavour)
        if found:
            return found
        self.report(variable, f"{value!r} is not an absolute path.", f"Set it to the full path of a {kind}.")
        return None

    def _expanded(self, value: str) -> Optional[str]:
        """Return *value* expanded, or None if the system could not use it as a path."""
        try:
            path = expanded(value, self.flavour)
            os.fsencode(path)
        except ValueError:
            return None
        return None if "\0" in path else path

    def report(self, variable: str, what: str, remedy: str) -> None:
        """Take note of a problem."""
        problem = Problem(variable, what, remedy)
        if problem not in self.problems:  # a value may be read twice
            self.problems.append(problem)
