"""What accsyn tells its hooks is read in every spelling that is known of, and nothing in it can do harm."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import payload as model
from ftrack_accsyn_accessor.model.errors import ManifestError
from ftrack_accsyn_accessor.model.payload import Inside, Payload

USER, JOB, SHARE, VOLUME = "66aa" * 6, "66cc" * 6, "66ab" * 6, "66dd" * 6


def read(content: Any) -> Payload:
    return model.read(json.dumps(content).encode())


def job(**changes: Any) -> dict[str, Any]:
    return {
        "hook": "post-done-server",
        "id": JOB,
        "code": "plates.mov",
        "status": "running",
        "user": USER,
        "user_hr": "v@x.y",
        "source": f"user:{USER}",
        "destination": "workspace:66ee",
        "tasks": {"0": task()},
        **changes,
    }


def task(**changes: Any) -> dict[str, Any]:
    return {
        "id": "t1",
        "status": "done",
        "size": 12,
        "finished": "2026-11-26T10:00:00",
        "source": {"path": "plates.mov", "user": USER},
        "destination": {"v": VOLUME, "s": SHARE, "path": "v003/plates.mov", "path_abs": "/mnt/p/from/v003/plates.mov"},
        **changes,
    }


def test_a_job_is_read_as_the_documents_have_it() -> None:
    found = read(job())

    assert (found.hook, found.job_id, found.job, found.status) == ("post-done", JOB, "plates.mov", "running")
    assert (found.user_id, found.source, found.destination) == (USER, ("user", USER), ("workspace", "66ee"))
    (only,) = found.tasks
    assert (only.id, only.done, only.size_bytes, only.finished) == ("t1", True, 12, "2026-11-26T10:00:00")
    assert only.destination == model.End("v003/plates.mov", "/mnt/p/from/v003/plates.mov", SHARE, VOLUME)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("post-done-server", "post-done"),
        ("job-post-done-server", "post-done"),
        ("hook-job-post-done-server", "post-done"),
        ("hook_job_post_failed_server", "post-failed"),
        ("hook-job-publish-server", "publish"),
        ("pre-publish-server", "pre-publish"),
        ("hook-pre-publish-server", "pre-publish"),
        ("POST-DONE-CLIENT", "post-done"),
        (None, ""),
        (["x"], ""),
    ],
)
def test_a_hook_has_one_name_however_it_is_spelt(told: Any, name: str) -> None:
    assert read(job(hook=told)).hook == name


SPELLINGS = {
    "a list of tasks": {"tasks": [task()]},
    "a hierarchy of tasks": {"tasks": {"a": {"tasks": {"0": task()}}}},
    "a hierarchy in lists": {"tasks": [{"tasks": [{"tasks": [task()]}]}]},
    "ids with a prefix": {"tasks": {"0": task(id="ObjectId:t1")}, "id": f"ObjectId:{JOB}", "source": f"user:{USER}"},
    "ids in an object": {"id": {"$oid": JOB}, "tasks": {"0": task(id={"$oid": "t1"})}},
    "an id by another name": {"id": None, "_id": JOB},
    "the key of a task in place of its id": {"tasks": {"t1": {k: v for k, v in task().items() if k != "id"}}},
    "a final path": {
        "tasks": {
            "0": task(
                destination={
                    "v": VOLUME,
                    "s": SHARE,
                    "path": "v003/plates.mov",
                    "path_abs": "/somewhere/.ACCSYN_TMP.plates.mov",
                    "path_abs_final": "/mnt/p/from/v003/plates.mov",
                }
            )
        }
    },
    "the older word for a destination": {
        "dest": "workspace:66ee",
        "destination": None,
        "tasks": {"0": {**task(), "dest": task()["destination"], "destination": None}},
    },
    "slashes of Windows": {
        "tasks": {
            "0": task(
                destination={
                    "v": VOLUME,
                    "s": SHARE,
                    "path": "v003\\plates.mov",
                    "path_abs": "\\mnt\\p\\from\\v003\\plates.mov\\",
                }
            )
        }
    },
    "sizes as texts": {"tasks": {"0": task(size="12")}},
    "sizes as floats": {"tasks": {"0": task(size=12.0)}},
    "parties for people": {
        "source": None,
        "source_hr": f"user:v@x.y[standard]({USER})",
        "destination": "",
        "destination_hr": "workspace:acme(66ee)",
    },
    "parties as objects": {"source": {"user": USER}, "destination": {"workspace": "66ee"}},
    "metadata in one part": {"metadata": {"a": 1}},
    "metadata in two parts": {"metadata": {"internal": {}, "external": {"accsyn_ftrack": {"request": "x"}}}},
    "clients in a list": {"clients": [{"role": "server", "id": "1"}]},
    "clients by their roles": {"clients": {"server": {"id": "1"}, "client": None}},
    "statuses in capitals": {"tasks": {"0": task(status="DONE")}},
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_job_is_the_same_in_every_spelling(name: str) -> None:
    assert read(job(**SPELLINGS[name])) == read(job())


def test_a_drive_of_windows_stays_a_path() -> None:
    (only,) = read(job(tasks=[task(destination={"path_abs": "P:\\show\\from\\a.mov"})])).tasks
    assert only.destination.full == "P:/show/from/a.mov"


def test_who_sends_is_told_by_tasks_where_the_job_does_not() -> None:
    assert read(job(source=None)).source == ("user", USER)
    assert read(job(destination=None)).destination == ("workspace", "")
    assert read(job(source=None, tasks=[task(), task(source={"user": "66af" * 6})])).source == ("", "")


@pytest.mark.parametrize("key", sorted(job()))
@pytest.mark.parametrize("value", [None, [], {}, "", 7, True, [[]], {"a": {"b": []}}, 1e400, "\0\x1b[2J"])
def test_any_key_may_be_missing_or_be_something_else(key: str, value: Any) -> None:
    assert isinstance(read(job(**{key: value})), Payload)
    missing = job()
    del missing[key]
    assert isinstance(read(missing), Payload)


@pytest.mark.parametrize("key", ["id", "status", "size", "finished", "source", "destination", "tasks"])
@pytest.mark.parametrize("value", [None, [], {}, 7, -1, True, "x" * 100_000, [[1]], {"path": ["x"]}, {"path": None}])
def test_any_key_of_a_task_may_be_something_else(key: str, value: Any) -> None:
    for found in read(job(tasks={"0": task(**{key: value})})).tasks:
        assert found.size_bytes is None or found.size_bytes >= 0
        assert len(found.destination.path) <= 4096


PUBLISH = {
    "hook": "pre-publish-server",
    "user": USER,
    "files": [
        {
            "id": "6f1c",
            "filename": "sh10_clean_v003",
            "is_dir": True,
            "size": 30,
            "files": [{"filename": "exr", "is_dir": True, "files": [{"filename": "a.1001.exr", "size": 30}]}],
        },
        {"id": "9a0e", "filename": "notes.txt", "is_dir": False, "size": 210},
    ],
}


def test_what_is_to_be_published_is_read_with_what_lies_in_it() -> None:
    folder, file = read(PUBLISH).entries

    assert (folder.id, folder.name, folder.is_folder, folder.size_bytes) == ("6f1c", "sh10_clean_v003", True, 30)
    assert folder.inside == (Inside("exr", True, 0), Inside("exr/a.1001.exr", False, 30))
    assert folder.told == PUBLISH["files"][0]
    assert (file.name, file.is_folder, file.size_bytes, file.inside) == ("notes.txt", False, 210, ())
    assert folder.why_bad == file.why_bad == ""


def test_a_folder_is_known_by_what_it_has_where_that_is_not_said() -> None:
    told = [{"id": "1", "filename": "v1", "files": [{"filename": "exr", "files": []}]}]
    (folder,) = read({"files": told}).entries
    assert (folder.is_folder, folder.inside) == (True, (Inside("exr", True, 0),))


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "../a", "/etc", "C:\\x", "a\\b", "a\0b", "a\x1b[2J", "\u202eexe.a", "con", "a ", "x" * 300],
)
def test_a_name_that_no_file_can_have_everywhere_is_told_wherever_it_is(name: str) -> None:
    top = {"id": "1", "filename": name}
    deep = {"id": "2", "filename": "v1", "files": [{"filename": "exr", "files": [{"filename": name, "size": 1}]}]}

    for entry in read({"files": [top, deep]}).entries:
        assert entry.why_bad


def test_what_was_published_is_read_with_what_its_sender_says() -> None:
    said = {
        "comment": "second\npass\x1b[2J",
        "status": {"name": "Pending"},
        "time_report": "14400",
        "path": "volume=p/x/",
    }
    (entry,) = read({"files": [{**PUBLISH["files"][1], **said, "can_publish": True}]}).entries

    assert (entry.comment, entry.status, entry.seconds) == ("second\npass\\u001b[2J", "Pending", 14400)
    assert (entry.path, entry.refused) == ("volume=p/x", False)


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({}, False),
        ({"can_publish": True}, False),
        ({"can_publish": False}, True),
        ({"can_publish": False, "can_upload": True}, False),
        ({"can_publish": "yes"}, True),
        ({"can_publish": True, "rejected": True}, True),
    ],
)
def test_what_may_not_be_published_is_not_taken(said: dict[str, Any], refused: bool) -> None:
    (entry,) = read({"files": [{**PUBLISH["files"][1], **said}]}).entries
    assert entry.refused is refused


@pytest.mark.parametrize("seconds", [-1, None, True, "x", [], 1e99, 10**30])
def test_time_that_nobody_can_have_worked_is_none(seconds: Any) -> None:
    (entry,) = read({"files": [{**PUBLISH["files"][1], "time_report": seconds}]}).entries
    assert entry.seconds == 0


HOSTILE = {
    "nothing": b"",
    "no text": b"\xff\xfe\0",
    "no JSON": b"{",
    "a list": b"[]",
    "a number": b"1",
    "10,000 objects in one another": b'{"files":' * 10_000 + b"1" + b"}" * 10_000,
    "10,000 lists in one another": b'{"tasks":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "too many parts": b'{"files":[' + b"{}," * 600_000 + b"{}]}",
    "too many bytes": b'{"a":"' + b"x" * model.MOST_BYTES + b'"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_input_of_a_hook_is_refused_in_words(name: str) -> None:
    with pytest.raises(ManifestError, match=r"Could not read what accsyn tells its hook: it "):
        model.read(HOSTILE[name])


def test_numbers_that_are_none_are_nothing() -> None:
    content = b'{"id":"j","tasks":[{"id":"t","size":NaN,"destination":{"path":"x"}}],"size":Infinity,"z":'
    found = model.read(content + b"9" * 100_000 + b"}")
    assert (found.job_id, found.tasks[0].size_bytes) == ("j", None)


def test_folders_in_one_another_are_followed_to_a_depth_and_then_told() -> None:
    told: dict[str, Any] = {"filename": "last", "size": 1}
    for _ in range(200):
        told = {"filename": "f", "files": [told]}
    tasks: Any = task()
    for _ in range(200):
        tasks = {"tasks": [tasks]}

    found = read({"files": [{"id": "1", **told}], **tasks})
    assert "too much" in found.entries[0].why_bad
    assert found.tasks == ()


_KEYS = st.sampled_from(
    [
        *job(),
        *task(),
        *PUBLISH["files"][0],
        "path_abs",
        "path_abs_final",
        "v",
        "s",
        "path",
        "comment",
        "dest",
        "$oid",
        "x",
    ]
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["user:66aa", "..", "a/../b", "C:\\x\\y", "ObjectId:x", "done", "\ud800"]),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(_KEYS, children, max_size=6),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None)
@given(content=st.dictionaries(_KEYS, _VALUES, max_size=12))
@example(content={"tasks": {"": {"destination": {"path": 7}}}})
def test_whatever_an_input_holds_it_is_read_or_refused_in_words(content: dict[str, Any]) -> None:
    found = read(content)
    for each in found.tasks:
        assert each.destination.path or each.destination.full
        assert "\\" not in each.destination.full
    for entry in found.entries:
        for inside in entry.inside:
            assert ".." not in inside.path.split("/")
            assert not inside.path.startswith("/")


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(content: bytes) -> None:
    with contextlib.suppress(ManifestError):
        model.read(content)
