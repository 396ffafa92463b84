"""The requests of an outbox as all faces show them: one row each, which unfolds into its items. Pure reading.

Any thread may call these functions; each may raise `errors.OutboxUnusable` or `errors.OutboxTooNew`. Sizes are in
bytes, times in seconds since the epoch, durations in seconds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Optional

from ftrack_accsyn_accessor.insight import rows
from ftrack_accsyn_accessor.insight.remarks import ANYBODY
from ftrack_accsyn_accessor.insight.rows import MOVING, UNSENT, Row
from ftrack_accsyn_accessor.model.item import NOWHERE, Endpoint, Reason, State, Studio
from ftrack_accsyn_accessor.model.request import RequestState, Standing
from ftrack_accsyn_accessor.outbox import Outbox

#: How many of those that have ended are shown, besides all that have not.
ENDED = 20
#: Of the highest number that a request may have.
_DIGITS = 18


@dataclasses.dataclass(frozen=True)
class RequestRow:
    """One request as it is shown.

    `words` say what was asked for, `source` and `destination` are what people call its ends. Items are counted: `there`
    are proven at the destination, `stuck` need attention, `withdrawn` nobody wants any more. `cause` is what keeps the
    one that it keeps longest, `remedy` what to do.
    """

    request_id: int
    reason: Reason
    words: str
    user: str
    source: str
    destination: str
    state: RequestState
    items: int
    there: int
    moving: int
    waiting: int
    stuck: int
    withdrawn: int
    files: int
    size_bytes: int
    done_bytes: int
    percent: int
    speed_bytes_per_s: Optional[float]
    time_left_s: Optional[float]
    cause: str
    remedy: str
    created_at: float
    ended_at: Optional[float]

    @property
    def cancellable(self) -> bool:
        """Whether some of it has not arrived yet, so that it can be taken back as far as it has not begun."""
        return bool(self.moving or self.waiting or self.stuck)

    @property
    def title(self) -> str:
        """What it is called: its words, or else its number."""
        return self.words or f"request {self.request_id}"


def requests(
    outbox: Outbox, states: Collection[State] = (), search: str = "", studio: Studio = ANYBODY, ended: int = ENDED
) -> list[RequestRow]:
    """Return those that have not ended and the latest that have, what needs attention first, then the newest.

    With *states* or *search* (every word of it, in any case) those that have such items, or are called so.
    """
    standings = {each.id: each for each in (*outbox.requests.open(), *outbox.requests.latest(ended))}
    found = [_row(outbox, each, studio) for each in standings.values() if _matches(outbox, each, states, search)]
    return sorted(found, key=lambda row: (row.state is not RequestState.STUCK, -row.request_id))


def request(outbox: Outbox, request_id: int, studio: Studio = ANYBODY) -> Optional[RequestRow]:
    """Return one request, None where there is none with this id."""
    standing = outbox.requests.standing(request_id)
    return _row(outbox, standing, studio) if standing is not None else None


def items(
    outbox: Outbox,
    row: RequestRow,
    states: Collection[State] = (),
    search: str = "",
    limit: int = 100,
    offset: int = 0,
    studio: Studio = ANYBODY,
) -> list[Row]:
    """Return a page of the items into which *row* unfolds: all of a request that is itself what is searched for."""
    return rows.rows(outbox, states, _within(row, search), limit, offset, studio, row.request_id)


def numbered(outbox: Outbox, text: str, studio: Studio = ANYBODY) -> list[Row]:
    """Return all items of the request whose number *text* is, none where it is none, or that of a publish."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
    found = rows.rows(outbox, limit=-1, studio=studio, request=number) if number else []
    return [row for row in found if row.request is not None]


def count(outbox: Outbox, row: RequestRow, states: Collection[State] = (), search: str = "") -> int:
    """Return how many rows `items` would give without a limit."""
    return rows.count(outbox, states, _within(row, search), row.request_id)


def _within(row: RequestRow, search: str) -> str:
    return "" if _says(search, row.title, row.user, row.source, row.destination) else search


def _says(search: str, *texts: str) -> bool:
    told = " ".join(texts).casefold()
    return all(word in told for word in search.casefold().split())


def _matches(outbox: Outbox, standing: Standing, states: Collection[State], search: str) -> bool:
    if states and not any(standing.counts.get(state, 0) for state in states):
        return False
    asked = standing.request
    if _says(search, _title(standing), asked.username, end_text(asked.source), end_text(asked.destination)):
        return True
    return bool(rows.count(outbox, states, search, standing.id))


def _title(standing: Standing) -> str:
    return standing.request.words or f"request {standing.id}"


def end_text(end: Endpoint) -> str:
    """Return what people call an endpoint."""
    return end.location_name or end.party or ("" if end == NOWHERE else end.location_id)


def _row(outbox: Outbox, standing: Standing, studio: Studio) -> RequestRow:
    asked, counts = standing.request, standing.counts
    speed = outbox.survey.speed_of(standing.id)
    found = outbox.survey.cause_of(standing.id)
    held = rows.row(found, studio) if found is not None else None
    left_bytes = max(0, standing.size_bytes - standing.done_bytes)
    there, withdrawn = counts.get(State.SYNCED, 0), counts.get(State.WITHDRAWN, 0)
    return RequestRow(
        request_id=standing.id,
        reason=asked.reason,
        words=asked.words,
        user=asked.username,
        source=end_text(asked.source),
        destination=end_text(asked.destination),
        state=standing.state,
        items=standing.items,
        there=there,
        moving=sum(counts.get(state, 0) for state in MOVING),
        waiting=sum(counts.get(state, 0) for state in UNSENT),
        stuck=counts.get(State.NEEDS_ATTENTION, 0),
        withdrawn=withdrawn,
        files=standing.files,
        size_bytes=standing.size_bytes,
        done_bytes=standing.done_bytes,
        percent=_percent(standing),
        speed_bytes_per_s=speed,
        time_left_s=left_bytes / speed if speed else None,
        cause=held.cause if held is not None else "",
        remedy=held.remedy if held is not None else "",
        created_at=standing.created_at,
        ended_at=standing.ended_at,
    )


def _percent(standing: Standing) -> int:
    """Return whole percents, rounded down: 100 only where all that is wanted is proven to be there."""
    if standing.state is RequestState.DONE:
        return 100
    if not standing.size_bytes:
        wanted = standing.items - standing.counts.get(State.WITHDRAWN, 0)
        return min(99, 100 * standing.counts.get(State.SYNCED, 0) // wanted) if wanted else 0
    return min(99, 100 * standing.done_bytes // standing.size_bytes)
