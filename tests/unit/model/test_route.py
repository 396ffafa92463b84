"""Items -> batches -> sync jobs: names, keys and payloads that every process and release makes alike."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.item import Endpoint, Reason, Studio
from ftrack_accsyn_accessor.model.request import Request
from ftrack_accsyn_accessor.model.route import Batch, Route, batches, chunks, job_payload
from making import CLIENT, DAY, HQ, item, publication, route

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=200)


# Routes.


def test_job_name_says_project_source_destination_and_day() -> None:
    assert route().name == "show_a ftrack upload artist.ws1 > studio.hq 2026-11-21"


def test_job_name_falls_back_to_the_party() -> None:
    assert route(destination=Endpoint("site=x", "", "")).name.endswith("> site=x 2026-11-21")


UNSAFE = re.compile(r"[\"'*\\\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


@seeded
@given(st.text(st.characters()), st.text(st.characters()), st.text(st.characters()))
def test_job_name_never_contains_what_accsyns_queries_cannot_hold(project: str, location: str, end: str) -> None:
    name = route(project_name=project, location_name=location, destination=Endpoint("acme", "l", end)).name
    assert not UNSAFE.search(name)
    assert name == name.strip()
    assert "  " not in name
    assert name.endswith(" 2026-11-21")
    name.encode()


def test_awkward_characters_leave_the_rest_of_the_name_readable() -> None:
    name = route(project_name='  "Show\'s"\n*A*\\B ', location_name="ws\t1").name
    assert name == "Show s A B ftrack upload ws 1 > studio.hq 2026-11-21"


def test_same_route_has_the_same_key_in_every_process_and_release() -> None:
    # Another value would not recognise the jobs of an earlier release, and double them.
    assert route().key(0) == "4dc1b1bf-0b2f-5ef3-a211-4085d7dd0b43"


@pytest.mark.parametrize(
    "changes",
    [
        {"project_id": "p2"},
        {"location_id": "l2"},
        {"client_id": "x" * 24},
        {"volume": "library"},
        {"destination": Endpoint("site=x", "loc-hq", "studio.hq")},
        {"day": DAY + datetime.timedelta(1)},
        {"project_id": "", "project_name": "show_b"},
    ],
)
def test_any_other_route_has_another_key(changes: dict[str, Any]) -> None:
    assert route(**changes).key(0) != route().key(0)


@pytest.mark.parametrize(
    "changes",
    [
        {"project_name": "renamed"},
        {"location_name": "renamed"},
        {"destination": Endpoint("acme", "loc-2", "another location for the same party")},
    ],
)
def test_renaming_does_not_change_the_key(changes: dict[str, Any]) -> None:
    assert route(**changes).key(0) == route().key(0)


def test_each_generation_has_a_key_of_its_own() -> None:
    assert len({route().key(generation) for generation in range(50)}) == 50


def test_name_that_is_no_utf8_still_has_a_key() -> None:
    broken = [route(project_id="", project_name=name).key(0) for name in ("a\udcff", "a\udcfe", "a")]
    assert len(set(broken)) == 3


# Batches and chunks.


def test_one_batch_for_each_project_in_the_order_of_publishing() -> None:
    items = [
        item(1),
        item(2, project_id="p2", project_name="show_b"),
        item(3, username="other"),
        item(4, project_id="", project_name="loose"),
        item(5, project_id="p2", project_name="show_b"),
    ]
    found = batches(items, CLIENT, HQ, DAY, "acme")
    assert [[item.id for item in batch.items] for batch in found] == [[1, 3], [2, 5], [4]]
    assert [batch.route.project_name for batch in found] == ["show_a", "show_b", "loose"]
    assert found[0].route == route()


@pytest.mark.parametrize("changes", [{"location_id": "l2"}, {"server_url": "https://other.test"}])
def test_equal_projects_of_another_source_are_another_batch(changes: dict[str, str]) -> None:
    assert len(batches([item(1), item(2, **changes)], CLIENT, HQ, DAY)) == 2


def test_no_items_are_no_batches() -> None:
    assert batches([], CLIENT, HQ, DAY) == []


@seeded
@given(st.lists(st.integers(1, 40), max_size=30), st.integers(1, 50))
def test_chunks_keep_every_item_whole_in_order_and_below_the_limit(sizes: list[int], limit: int) -> None:
    batch = Batch(route(), tuple(item(number) for number in range(len(sizes))))
    found = list(chunks(batch, dict(enumerate(sizes)), limit))
    assert [item.id for chunk in found for item in chunk] == list(range(len(sizes)))
    totals = [sum(sizes[item.id] for item in chunk) for chunk in found]
    assert all(total <= limit or len(chunk) == 1 for total, chunk in zip(totals, found))
    # No call that could have been saved: each chunk's first item did not fit into the one before.
    assert all(total + sizes[chunk[0].id] > limit for total, chunk in zip(totals, found[1:]))


def test_thousand_small_items_are_one_chunk() -> None:
    batch = Batch(route(), tuple(item(number) for number in range(1000)))
    assert len(list(chunks(batch, dict.fromkeys(range(1000), 1)))) == 1


# Jobs.


def test_job_carries_what_accsyns_ftrack_integration_reads() -> None:
    payload = job_payload(route(), route().name, "the-key", publication(), queue=None)
    assert payload == {
        "code": "show_a ftrack upload artist.ws1 > studio.hq 2026-11-21",
        "mirror_paths": True,
        "settings": {"integration": "ftrack"},
        "metadata": {
            "ftrack_accsyn_key": "the-key",
            "ftrack_workspace": "https://acme.test",
            "ftrack_user": "artist",
            "ftrack_project_id": "p1",
            "ftrack_project_name": "show_a",
            "ftrack_source_location_id": "l1",
            "ftrack_source_location_name": "artist.ws1",
            "ftrack_destination_location_id": "loc-hq",
            "ftrack_destination_location_name": "studio.hq",
        },
    }


@pytest.mark.parametrize(("queue", "expected"), [("High", "High"), (None, None), ("", None)])
def test_queue_is_named_only_where_there_is_one(queue: Any, expected: Any) -> None:
    assert job_payload(route(), "n", "k", publication(), queue).get("queue") == expected


# What was asked for.

LONDON = Endpoint("site=london", "loc-london", "london")


def asked(**changes: Any) -> Route:
    return route(**{"reason": Reason.SEND, "party": "acme", "client_id": "", "destination": LONDON, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": Reason.SYNC},
        {"party": "site=berlin"},
        {"destination": Endpoint("site=berlin", "", "")},
        {"day": DAY + datetime.timedelta(days=1)},
        {"project_id": "p2"},
        {"queue": "High"},
        {"volume": "other"},
    ],
)
def test_another_direction_end_day_project_or_queue_is_another_job(changes: dict[str, Any]) -> None:
    assert asked(**changes).key(0) != asked().key(0)


def test_ftrack_locations_make_no_other_job_of_the_same_ends() -> None:
    again = asked(location_id="l9", location_name="x", destination=LONDON._replace(location_id="l8"))
    assert again.key(0) == asked().key(0)


@pytest.mark.parametrize(("reason", "word"), [(Reason.SEND, "send"), (Reason.SYNC, "sync"), (Reason.GET, "get")])
def test_the_name_tells_the_direction_and_both_ends(reason: Reason, word: str) -> None:
    assert asked(reason=reason).name == f"show_a ftrack {word} artist.ws1 > london 2026-11-21"
    plain = asked(reason=reason, location_name="", destination=Endpoint("a@b.test", "", ""))
    assert plain.name == f"show_a ftrack {word} acme > a@b.test 2026-11-21"


def test_the_job_of_a_request_tells_any_machine_who_asked_for_what() -> None:
    request = Request(Reason.SEND, Studio("https://acme.test", "acme"), "pat", token="t1", words="plate v001")
    metadata = job_payload(asked(), "n", "k", publication(), None, request)["metadata"]
    assert {name: value for name, value in metadata.items() if name.startswith("ftrack_accsyn")} == {
        "ftrack_accsyn_key": "k",
        "ftrack_accsyn_reason": "send",
        "ftrack_accsyn_source": "acme",
        "ftrack_accsyn_destination": "site=london",
        "ftrack_accsyn_request": "t1",
        "ftrack_accsyn_words": "plate v001",
    }
    assert metadata["ftrack_user"] == "pat"
