"""Answers are read with tolerance: odd fields become empty ones, never errors."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import accsyn as model
from ftrack_accsyn_accessor.model.accsyn import Client, Job, Task
from ftrack_accsyn_accessor.model.credentials import Credentials

ID = "6611aa22bb33cc44dd55ee66"


def test_the_api_key_is_in_no_repr():
    credentials = Credentials("acme", "artist@acme.test", "s3cret-key")
    assert "s3cret-key" not in f"{credentials!r} {credentials}"
    assert "artist@acme.test" in repr(credentials)


def test_credentials_name_the_variables_that_set_them():
    assert Credentials("acme", "", "k").variables() == (
        ("ACCSYN_WORKSPACE", "acme"),
        ("ACCSYN_API_USER", ""),
        ("ACCSYN_API_KEY", "k"),
    )


def test_a_job_is_read_from_a_full_answer():
    job = Job.from_answer(
        {
            "id": f"ObjectId:{ID}",
            "code": "show_a ftrack upload",
            "name": "show_a ftrack upload",
            "status": "running",
            "progress": 42,
            "size": 3 * 2**40,
            "speed": 12.5,
            "etr": "5 min",
            "parent": "q1",
            "created": "2026-11-21T10:00:00",
            "metadata": {"key": "1", "at": "2026-11-21T10:00:00"},
        }
    )
    assert job == Job(
        id=ID,
        name="show_a ftrack upload",
        status="running",
        progress=42,
        size_bytes=3 * 2**40,
        speed_mb_per_s=12.5,
        etr="5 min",
        metadata={"key": "1", "at": "2026-11-21T10:00:00"},
        queue="q1",
        created="2026-11-21T10:00:00",
    )


@pytest.mark.parametrize(
    ("field", "value", "attribute", "expected"),
    [
        ("size", -1, "size_bytes", None),
        ("size", None, "size_bytes", None),
        ("size", "1024", "size_bytes", 1024),
        ("size", 9_007_199_254_740_993, "size_bytes", 9_007_199_254_740_993),
        ("size", "many", "size_bytes", None),
        ("size", True, "size_bytes", None),
        ("size", float("nan"), "size_bytes", None),
        ("size", float("inf"), "size_bytes", None),
        ("size", 10**400, "size_bytes", None),
        ("size", "1e400", "size_bytes", None),
        ("size", 2**60, "size_bytes", None),
        ("progress", 10**30, "progress", None),
        ("speed", 10**400, "speed_mb_per_s", None),
        ("speed", float("inf"), "speed_mb_per_s", None),
        ("speed", "nan", "speed_mb_per_s", None),
        ("speed", [1], "speed_mb_per_s", None),
        ("speed", -1.0, "speed_mb_per_s", None),
        ("speed", "3.5", "speed_mb_per_s", 3.5),
        ("progress", 99.7, "progress", 99),
        ("progress", -1, "progress", None),
        ("metadata", None, "metadata", {}),
        ("metadata", "x", "metadata", {}),
        ("queue", {"id": 1}, "queue", ""),
        ("queue", "q2", "queue", "q2"),
        ("etr", None, "etr", ""),
    ],
)
def test_odd_fields_of_a_job_become_unknown(field, value, attribute, expected):
    assert getattr(Job.from_answer({"id": ID, field: value}), attribute) == expected


@pytest.mark.parametrize(
    ("status", "finished"),
    [("done", True), ("aborted", True), ("failed", False), ("waiting", False), ("paused", False), ("", False)],
)
def test_only_done_and_aborted_jobs_are_finished(status, finished):
    assert Job.from_answer({"status": status}).finished is finished


def test_a_job_may_have_only_one_of_name_and_code():
    assert Job.from_answer({"code": "a"}).name == "a"
    assert Job.from_answer({"name": "b"}).name == "b"
    assert Job.from_answer({"name": "b", "code": "a"}).name == "b"


def test_a_task_is_read_with_ends_as_objects_or_as_text():
    row = {
        "id": "5a0e2e8e-7f1a-4a5c-9b1a-000000000001",
        "uri": 0,
        "status": "done",
        "size": 10,
        "source": {"path": "a/b.mov", "client": "c1"},
        "destination": "acme",
        "metadata": {"ftrack_component_id": "x"},
    }
    task = Task.from_answer(row)
    assert (task.id, task.uri, task.status, task.size_bytes) == (row["id"], "0", "done", 10)
    assert task.source == {"path": "a/b.mov", "client": "c1"}
    assert task.destination == {"path": "acme"}
    assert Task.from_answer({}).source == {}


@pytest.mark.parametrize(
    ("source", "path"),
    [({"client": "c1"}, "a/b.mov"), ({"client": "c1", "path": ""}, "a/b.mov"), ({"path": "a/c.mov"}, "a/c.mov")],
)
def test_a_task_that_does_not_tell_its_path_has_that_of_its_metadata(source, path):
    task = Task.from_answer({"source": source, "metadata": {"ftrack_accsyn_path": "a/b.mov"}})
    assert task.source == {**source, "path": path}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"host_id": "00:11:22:33:44:55,66:77:88:99:AA:BB"}, {"001122334455", "66778899AABB"}),
        ({"host_ident": "00-11-22-33-44-55 , 6677.8899.aabb"}, {"001122334455", "66778899AABB"}),
        ({"host_id": ["00:11:22:33:44:55", None, 7]}, {"001122334455"}),
        ({"host_id": None, "host_ident": "00:11:22:33:44:55"}, {"001122334455"}),
        ({"host_id": "00:00:00:00:00:00,not a mac"}, set()),
        ({"host_id": {"odd": 1}}, set()),
        ({}, set()),
    ],
)
def test_mac_addresses_are_read_in_every_known_form(row, expected):
    assert Client.from_answer(row).macs == expected


@pytest.mark.parametrize(
    ("status", "online"), [("online", True), ("enabled", True), ("offline", False), ("init", False)]
)
def test_a_client_is_online_when_accsyn_says_so(status, online):
    assert Client.from_answer({"status": status}).online is online


@pytest.mark.parametrize(
    ("result", "size"),
    [
        (7, 7),
        (0, 0),
        ("12", 12),
        ({"size": 5}, 5),
        ({"other": 5}, None),
        (None, None),
        (-1, None),
        ([], None),
        (True, None),
    ],
)
def test_a_size_is_read_as_number_or_object(result, size):
    assert model.size_bytes(result) == size


@pytest.mark.parametrize(
    ("text", "good"), [(ID, True), (ID[:-1], False), (ID.upper(), False), (f"{ID}\n", False), ("", False)]
)
def test_only_24_lower_case_letters_and_digits_are_an_id(text, good):
    assert model.is_id(text) is good


_ABSURD = [10**400, -(10**400), 2**63, "1e400", "nan", "-inf"]
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, "1e400", "nan"])
    | st.floats()
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", [Job, Task, Client])
def test_no_answer_whatever_breaks_the_reading(kind):
    names = [field.name for field in dataclasses.fields(kind)]
    keys = st.sampled_from([*names, "code", "size", "speed", "parent", "host_id", "host_ident", "type"])

    @settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
    @given(st.dictionaries(keys, _JSON, max_size=6))
    def reads(row):
        value = kind.from_answer(row)
        assert isinstance(value.id, str)
        assert isinstance(value.status, str)
        numbers = [each for each in vars(value).values() if isinstance(each, (int, float))]
        assert all(abs(each) < model.MOST for each in numbers)  # neither endless nor no number

    reads()
