"""The settings as "About" shows them."""

from __future__ import annotations

import dataclasses

from ftrack_accsyn_accessor.model.settings import Settings

_SECRET = frozenset({"api_key", "proxy"})
_NOT_SAID = frozenset({"problems"})


def settings_lines(current: Settings) -> list[str]:
    """Return every setting as `name=value`; of secrets only whether they are set."""
    lines = []
    for field in dataclasses.fields(Settings):
        value = getattr(current, field.name)
        if field.name in _SECRET:
            lines.append(f"{field.name}={'set' if value else 'not set'}")
        elif field.name not in _NOT_SAID:
            lines.append(f"{field.name}={'not set' if value is None else value}")
    return [*lines, *(f"problem: {problem}" for problem in current.problems)]
