"""`ftrack-accsyn doctor --probe`: what is assumed of accsyn, looked at with the studio's own."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Callable

import click

from ftrack_accsyn_accessor.cli import terminal
from ftrack_accsyn_accessor.cli.here import Stop
from ftrack_accsyn_accessor.insight.doctor import Check, Level, Subject
from ftrack_accsyn_accessor.insight.probe.finding import Finding, Outcome, Report
from ftrack_accsyn_accessor.insight.probe.probe import plan, probe
from ftrack_accsyn_accessor.insight.probe.remembered import remember
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError, final
from ftrack_accsyn_accessor.model.settings import Settings
from ftrack_accsyn_accessor.outbox import probed

LEVELS: Mapping[Outcome, Level] = {
    Outcome.HOLDS: Level.OK,
    Outcome.OTHERWISE: Level.WARN,
    Outcome.UNSEEN: Level.SKIPPED,
}


def agreed(subject: Subject, yes: bool, as_json: bool) -> bool:
    """Say what a probe will do, and return whether it may; stop where nobody can be asked."""
    told = "\n".join(plan(subject))
    if yes:
        if not as_json:
            terminal.say(told)
        return True
    if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Stop(f"Nothing was done, as nobody can be asked here; --yes agrees to it:\n{told}")
    terminal.say(told)
    if click.confirm("Go ahead?", default=False):
        return True
    terminal.say("Nothing was done.")
    return False


def run(subject: Subject, found: Callable[[Check], None]) -> Report:
    """Probe, remember what was seen, and return it; *found* hears of each finding at once."""
    try:
        report = probe(subject, lambda finding: found(as_check(finding, subject.settings)), _abandoned)
    except AccsynAccessorError as error:
        raise final(error) from error
    try:
        remember(report)
    except OSError as error:
        terminal.say(f"What was seen cannot be remembered: {error.strerror or error}.", err=True)
    return report


def _abandoned(left: list[str]) -> None:
    terminal.say("\n".join(_left(left)), err=True)


def _left(left: Sequence[str]) -> list[str]:
    note = probed.note_path()
    until = f" as long as {note} is there" if note is not None else ""
    return [f"Could not be cleared away; the next probe tries again{until}:", *(f"  {each}" for each in left)]


def as_check(finding: Finding, current: Settings) -> Check:
    """Return *finding* as a line of doctor's: what is assumed, what was seen, what the plugin does about it."""
    text = f"Assumed: {finding.assumption.assumed}. Seen: {finding.seen}"
    earlier, assume = probed.assumptions(current.workspace or ""), dict(current.assume)
    told = finding.outcome is Outcome.OTHERWISE or not finding.relied_on(earlier, assume)
    remedy = f"The plugin {finding.does(earlier, assume)}." if told else ""
    return Check(finding.id, LEVELS[finding.outcome], text, remedy)


def summary(report: Report) -> str:
    """Return how it went, in sentences."""
    counts = {outcome: sum(each.outcome is outcome for each in report.findings) for outcome in Outcome}
    text = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items())
    lines = [f"{text}; {report.calls} calls of accsyn in {report.took_s:.0f} s."]
    lines += _left(report.left) if report.left else ["Nothing was left."]
    return "\n".join(lines)


def as_object(report: Report, current: Settings) -> dict[str, Any]:
    """Return *report* for scripts."""
    earlier, assume = probed.assumptions(current.workspace or ""), dict(current.assume)
    findings = [
        {
            "id": each.id,
            "outcome": each.outcome.value,
            "assumed": each.assumption.assumed,
            "seen": each.seen,
            "does": each.does(earlier, assume),
        }
        for each in report.findings
    ]
    facts = {"workspace": report.workspace, "at": report.at, "calls": report.calls, "took_s": round(report.took_s, 1)}
    return {**facts, "left": list(report.left), "findings": findings}
