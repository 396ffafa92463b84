"""Event expressions: the same verdicts as the client's own parser, and errors where it has errors."""

from __future__ import annotations

from typing import Any

import ftrack_api.event.expression
import pytest

from ftrack_accsyn_sandbox.ftrack.subscription import parse

EVENT: dict[str, Any] = {
    "topic": "ftrack.location.component-added",
    "data": {"location_id": "abc", "count": "3", "nested": {"name": "two words"}},
    "source": {"user": {"username": "artist@acme.test"}, "id": "1"},
    "target": "",
}
EXPRESSIONS = [
    "topic=ftrack.location.component-added",
    "topic=ftrack.location.*",
    "topic=location*",
    "topic=ftrack.update",
    "topic!=ftrack.update",
    "data.location_id=abc and source.user.username=artist@acme.test",
    "data.location_id=xyz or data.count>=3",
    "not data.location_id=xyz",
    "not topic=ftrack.update and data.count<2",
    "(topic=a or topic=ftrack.*) and data.count>2",
    "data.nested.name='two words'",
    'data.nested.name="two words" AND topic=ftrack.*',
    "data.missing=1",
    "data.missing!=1",
    "data.count.deeper=1",
    "data.count<=3",
    "data.count<10",
    "topic=*",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_verdict_is_the_clients(expression: str) -> None:
    expected = ftrack_api.event.expression.Parser().parse(expression).match(EVENT)
    assert parse(expression)(EVENT) is expected


@pytest.mark.parametrize("expression", ["", "topic", "topic=a nor topic=b", "topic==a", "(topic=a"])
def test_unreadable_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="Failed to parse"):
        parse(expression)
