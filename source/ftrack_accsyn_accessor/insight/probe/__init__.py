"""Looks at a studio's own accsyn whether it is as the plugin assumes, with a job and files that it clears away."""

from __future__ import annotations

from ftrack_accsyn_accessor.insight.probe.finding import Finding, Outcome, Report
from ftrack_accsyn_accessor.insight.probe.probe import probe
from ftrack_accsyn_accessor.insight.probe.remembered import last, remember

__all__ = ["Finding", "Outcome", "Report", "last", "probe", "remember"]
