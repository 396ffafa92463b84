"""Whatever happens in whatever order, an outbox with an archive tells the same as one that never moves anything."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.insight import naming, past, requests, rows, status
from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.item import Endpoint, Item, Kind, Publication, Reason, StagedFile, State
from ftrack_accsyn_accessor.model.naming import LOOSE
from ftrack_accsyn_accessor.model.request import Request, Wanted
from ftrack_accsyn_accessor.outbox.survey import PUBLISHED
from unit.outbox.archiving import DAY_S, SITE, STUDIO, archive, bare
from unit.outbox.conftest import Desk

HERE = Endpoint("client=ws1", "l1", "artist.ws1")
#: Component: kind, path, files. Some have the same path, some hold files of others.
MADE: dict[str, tuple[Kind, str, tuple[str, ...]]] = {
    "a": (Kind.FILE, "show_a/a.mov", ("show_a/a.mov",)),
    "a2": (Kind.FILE, "show_a/a.mov", ("show_a/a.mov",)),
    "upper": (Kind.FILE, "show_a/A.mov", ("show_a/A.mov",)),
    "seq": (Kind.SEQUENCE, "show_a/box/f.%04d.exr", ("show_a/box/f.0001.exr", "show_a/box/f.0002.exr")),
    "frame": (Kind.FILE, "show_a/box/f.0002.exr", ("show_a/box/f.0002.exr",)),
    "box": (Kind.CONTAINER, "show_a/box", ("show_a/box/f.0001.exr", "show_a/box/in/c.mov")),
    "c": (Kind.FILE, "show_a/box/in/c.mov", ("show_a/box/in/c.mov",)),
}
STUCK = errors.Refused("add tasks", "job", "no", "Mend it.")


class Pair:
    """Two outboxes to which the same happens; only the first one is ever archived."""

    def __init__(self, folder: Path) -> None:
        self.first, self.second = (Desk(folder / f"{name}.sqlite3") for name in ("first", "second"))
        self.second.clock = self.second.outbox._clock = self.first.clock
        for part in vars(self.second.outbox).values():
            if hasattr(part, "_clock"):
                part._clock = self.first.clock
        self.content = 0

    def both(self, action: Callable[[Desk], Any]) -> None:
        """Do the same to both, and expect the same answer."""
        self.first.clock.now += 5.0
        answers = [action(desk) for desk in (self.first, self.second)]
        assert answers[0] == answers[1]
        self.same_numbers()

    def same_numbers(self) -> None:
        """Let both number their next request alike."""
        with self.second.outbox._connections.reading() as connection:
            last = connection.execute("SELECT coalesce(max(id), 0) FROM request").fetchone()[0]
        with self.first.outbox._connections.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO request (id, reason, username, server_url, created_at) "
                "SELECT ?, 'publish', '', '', 0 WHERE ? > 0",
                (last, last),
            )

    def publication(self, name: str, **changes: Any) -> Publication:
        kind, path, files = MADE[name]
        staged = tuple(StagedFile(each, 10 + self.content % 3, 1000 + self.content) for each in files)
        values = {"kind": kind, "resource_identifier": path, "files": staged, "component_name": name, **changes}
        return Desk.publication(name, **values)


def items(desk: Desk, name: str) -> list[Item]:
    """Return the items of a component, with their files."""
    found = [each.item for each in desk.outbox.survey.of_component(name)]
    return sorted(found, key=lambda item: item.id)


def publish(pair: Pair, name: str, **changes: Any) -> None:
    pair.content += 1
    publication = pair.publication(name, **changes)
    pair.both(lambda desk: plain(desk.outbox.earlier_files(publication)))
    pair.both(lambda desk: desk.outbox.prepare([publication], "owner"))
    pair.both(lambda desk: desk.outbox.activate([name], "l1"))


def begin(pair: Pair, name: str) -> None:
    pair.content += 1
    pair.both(lambda desk: desk.outbox.prepare([pair.publication(name)], ""))


def copy(pair: Pair, name: str) -> None:
    publish(pair, name, copied_from="l9")


def doubt(pair: Pair, name: str) -> None:
    publish(pair, name, doubt="changed It was written to.")


def submit(pair: Pair, name: str) -> None:
    def action(desk: Desk) -> Any:
        due = [each for each in desk.outbox.due(1000) if each.publication.component_id == name]
        groups = {each.destination if each.reason is not Reason.PUBLISH else None for each in due}
        for to in sorted(groups, key=str):
            job = desk.job() if to is None else desk.job("show_b", to)
            mine = [e for e in due if (e.destination if e.reason is not Reason.PUBLISH else None) == to]
            desk.outbox.submitted(mine, desk.outbox.job_found(job, "j" * 24))
        return len(due)

    pair.both(action)


def arrive(pair: Pair, name: str) -> None:
    pair.both(lambda desk: desk.outbox.tracking.synced([each for each in items(desk, name) if each.job is not None]))


def through(pair: Pair, name: str) -> None:
    """Publish it, and let it arrive."""
    publish(pair, name)
    submit(pair, name)
    arrive(pair, name)


def fail(pair: Pair, name: str) -> None:
    def action(desk: Desk) -> Any:
        moving = [each for each in items(desk, name) if each.state is not State.SYNCED]
        return desk.outbox.needs_attention(moving, STUCK, None)

    pair.both(action)


def retry(pair: Pair, name: str) -> None:
    pair.both(lambda desk: desk.outbox.control.retry())


def forget(pair: Pair, name: str) -> None:
    def action(desk: Desk) -> Any:
        try:
            return desk.outbox.past.forget([each.id for each in items(desk, name)], "artist")
        except errors.NotStuck as error:
            return str(error)

    pair.both(action)


def free(pair: Pair, name: str) -> None:
    def action(desk: Desk) -> Any:
        resting = [each for each in desk.outbox.resting.synced(1e12) if each.publication.component_id == name]
        return [(desk.outbox.past.is_unchanged(each), desk.outbox.past.freed(each)) for each in resting]

    pair.both(action)


def withdraw(pair: Pair, name: str) -> None:
    def action(desk: Desk) -> Any:
        moving = [each for each in items(desk, name) if each.state is not State.SYNCED]
        return desk.outbox.withdraw(moving, "nobody wants it")

    pair.both(action)


def cancel(pair: Pair, name: str) -> None:
    pair.both(lambda desk: desk.outbox.cancel([name], "l1"))


def reopen(pair: Pair, name: str) -> None:
    def action(desk: Desk) -> Any:
        published = [each for each in items(desk, name) if each.reason is Reason.PUBLISH]
        older = [each for each in published if desk.outbox.tracking.newer(each)]
        desk.outbox.tracking.reopen(older)
        return len(older)

    pair.both(action)


def taken_back(pair: Pair, name: str) -> None:
    pair.both(lambda desk: desk.outbox.taken_back(items(desk, name)))


def reconcile(pair: Pair, name: str) -> None:
    pair.both(lambda desk: desk.outbox.enqueue([pair.publication(name)]))


def reconcile_later(pair: Pair, name: str) -> None:
    at = pair.first.clock.now - 2 * DAY_S
    pair.both(lambda desk: desk.outbox.enqueue([pair.publication(name)], at))


def send(pair: Pair, name: str, reason: Reason = Reason.SEND, to: Endpoint = SITE) -> None:
    source = Endpoint("acme", "l1", "artist.ws1")
    wanted = [Wanted(pair.publication(name), "")]
    token = f"t{pair.first.clock.now}"
    request = Request(reason, STUDIO, "artist", source=source, destination=to, token=token)
    pair.both(lambda desk: desk.outbox.requests.write(request, wanted))


def get(pair: Pair, name: str) -> None:
    send(pair, name, Reason.GET, HERE)


def tell(pair: Pair, name: str) -> None:
    """Let those who asked know the end of what has come to one."""

    def action(desk: Desk) -> Any:
        ends = []
        for standing in desk.outbox.requests.open():
            if set(standing.counts) <= {State.SYNCED, State.WITHDRAWN}:
                desk.outbox.requests.told(standing.id, "done", ended=True)
                ends.append(standing.id)
        return ends

    pair.both(action)


def call_off(pair: Pair, name: str) -> None:
    pair.both(lambda desk: [desk.outbox.requests.cancel(each.id) for each in desk.outbox.requests.open()])


def wait(pair: Pair, name: str) -> None:
    pair.first.clock.now += 8 * DAY_S


def move(pair: Pair, name: str) -> None:
    archive(pair.first)
    pair.same_numbers()


STEPS = (
    publish, begin, copy, doubt, submit, arrive, through, fail, retry, forget, free, withdraw, cancel, reopen,
    taken_back, reconcile, reconcile_later, send, get, tell, call_off, wait, move,
)  # fmt: skip


def plain(told: Any) -> Any:
    """Return *told* without the order of files, and the request of a publish, which goes with its last item."""
    if isinstance(told, Item):
        is_publish = told.reason is Reason.PUBLISH
        return dataclasses.replace(told, request=None if is_publish else told.request)
    if isinstance(told, list):
        return sorted(told, key=str) if told and isinstance(told[0], StagedFile) else [plain(each) for each in told]
    return told


def seen(desk: Desk) -> dict[str, Any]:
    """Return what all faces tell, none of which brings anything back."""
    outbox, names = desk.outbox, list(MADE)
    totals = {state: (each.count, each.size_bytes, each.delayed) for state, each in outbox.survey.totals().items()}
    found = requests.requests(outbox)
    return {
        "rows": rows.rows(outbox, limit=-1),
        "page": rows.rows(outbox, limit=2, offset=1),
        "published": rows.rows(outbox, limit=-1, request=PUBLISHED),
        "synced": rows.rows(outbox, [State.SYNCED], limit=-1),
        "searched": rows.rows(outbox, search="a.mov"),
        "counts": [rows.count(outbox), rows.count(outbox, search="mov"), rows.count(outbox, request=PUBLISHED)],
        "latest": sorted(map(str, rows.latest(outbox, 50))),
        "components": [rows.of_component(outbox, each) for each in names],
        "version": rows.of_version(outbox, "v1"),
        "paths": [_item(outbox.survey.of_path(path)) for _, path, _ in MADE.values()],
        "files": [_item(outbox.survey.of_path(file)) for _, _, files in MADE.values() for file in files],
        "spelled": [_item(outbox.survey.of_spelling(path.upper(), LOOSE)) for _, path, _ in MADE.values()],
        "named": [_named(outbox, each) for each in names],
        "requests": found,
        "of requests": [requests.items(outbox, each) for each in found],
        "items of requests": [bare(outbox.requests.items(each.id)) for each in outbox.requests.latest(50)],
        "totals": totals,
        "summary": dataclasses.replace(status.summary(outbox), free_bytes=None, outbox_path=""),
        "staged": plain(bare(outbox.resting.synced(1e12))),
        "bytes": outbox.resting.synced_bytes(),
        "known": outbox.resting.known("l1", names),
        "gone": [_of_job(past.of_component(outbox, each)) for each in names],
        "stale": plain(bare(outbox.stale())),
        "here": outbox.resting.here(),
    }


def _item(found: Any) -> Any:
    return plain(bare([found.item])) if found is not None else None


def _of_job(gone: Any) -> Any:
    """Return what was let go without the job's id, which only the archive still knows."""
    return [dataclasses.replace(each, row=dataclasses.replace(each.row, job_id="")) for each in gone]


def _named(outbox: Any, name: str) -> Any:
    try:
        return sorted(naming.named(outbox, f"show_a {name}"), key=str)
    except errors.AccsynAccessorError as error:
        return str(error)


def asked(desk: Desk, publication: Publication) -> dict[str, Any]:
    """Return what whoever publishes, sends or fetches asks for; that may bring something back."""
    outbox = desk.outbox
    (item,) = items(desk, publication.component_id)[-1:] or (None,)
    told: dict[str, Any] = {
        "earlier": plain(list(outbox.earlier_files(publication))),
        "staged": outbox.requests.staged(publication),
    }
    if item is not None:
        others = outbox.requests.published_at(item)
        told["published at"] = plain(bare(sorted(others, key=lambda each: each.id)))
        told["publish of"] = plain(outbox.requests.publish_of(item))
        told["rival"] = plain(outbox.requests.rival(item))
        told["since"] = _bare(outbox.incoming.since(item, "client=ws1"))
    return told


def _bare(item: Any) -> Any:
    return plain(bare([item])) if item is not None else None


def follow(history: list[tuple[Callable[..., None], str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(Path(folder))
        try:
            for step, name in history:
                step(pair, name)
            pair.first.clock.now += 8 * DAY_S
            archive(pair.first)
            told = [seen(desk) for desk in (pair.first, pair.second)]
            for what in told[0]:
                assert told[0][what] == told[1][what], what
            for name in dict.fromkeys(name for _, name in history):
                answers = [asked(desk, pair.publication(name)) for desk in (pair.first, pair.second)]
                assert answers[0] == answers[1]
            told = [seen(desk) for desk in (pair.first, pair.second)]
            for what in told[0]:
                assert told[0][what] == told[1][what], f"{what}, after something came back"
        finally:
            pair.first.outbox.close()
            pair.second.outbox.close()


HISTORIES = st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(list(MADE))), min_size=3, max_size=25)


def moved(name: str) -> list[tuple[Callable[..., None], str]]:
    return [(through, name), (wait, name), (move, name)]


@given(HISTORIES)
@example([(through, "frame"), (send, "seq")])  # its path in another spelling, which a sequence around it may have, too
@example([*moved("seq"), (forget, "seq")])
@example([*moved("seq"), *moved("frame"), (publish, "box")])
@example([*moved("a"), (send, "a"), (submit, "a"), (arrive, "a"), (tell, "a"), *moved("a2"), (publish, "a")])
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
def test_archive_is_told_by_nothing(history: list[tuple[Callable[..., None], str]]) -> None:
    follow(history)


@pytest.mark.slow
@given(HISTORIES)
@settings(max_examples=1000, suppress_health_check=list(HealthCheck))
def test_archive_is_told_by_nothing_in_many_histories(history: list[tuple[Callable[..., None], str]]) -> None:
    follow(history)
