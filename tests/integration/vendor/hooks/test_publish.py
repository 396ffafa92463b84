"""accsyn Publish: judged before a byte is sent, and what comes back through the vendor's machine counts for nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_accsyn_accessor.model import payload
from ftrack_accsyn_accessor.vendor import answering, bounds, hooks, prepublish
from hooking import OTHER, Hooking

PRE_PUBLISH, PUBLISH = "pre-publish-server", "publish-server"


@pytest.fixture(autouse=True)
def believed_by_accsyn(hooking: Hooking) -> Iterator[None]:
    """Let accsyn believe what the vendor's client sends, which it may: then everything depends on the hook."""
    hooking.workspace.publish_trusts_client = True
    yield
    hooking.workspace.publish_trusts_client = False


def entry(name: str, frames: int = 3, first: int = 1001, **changes: Any) -> dict[str, Any]:
    files = [{"filename": f"{name}.{first + index}.exr", "size": 100} for index in range(frames)]
    return {"id": str(uuid.uuid4()), "filename": name, "is_dir": True, "size": 300, "files": files, **changes}


def asked(hooking: Hooking, *entries: Any, vendor: str = "vendor@acme.test", **changes: Any) -> dict[str, Any]:
    """Run the hook by itself; return its answer."""
    output = hooking.folder / "output.json"
    told = {"hook": PRE_PUBLISH, "user": hooking.user(vendor).id, "user_hr": vendor, "files": list(entries), **changes}
    code, said = hooking.call("pre-publish", told, output)
    assert code == 0, said
    found: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return found


def test_what_is_published_becomes_a_version_with_what_its_sender_says(hooking: Hooking) -> None:
    hooking.rule(guidelines="EXR, 16 bit", comment=True)
    hooking.hand_out()

    (answered,) = hooking.publish(hooking.frames(), comment="second pass", status="Approved", time_report=7200)

    before, after = hooking.runs()[:2]
    assert answered["can_publish"] is True, before.output
    assert answered["info"] == "main: 3 frames, 1001-1003"
    assert (before.answer["guidelines"], before.answer["comment"], before.answer["time_report"]) == (
        "EXR, 16 bit",
        True,
        True,
    )
    assert after.exit_code == 0, after.output
    assert hooking.versions() == [1], after.output
    (asset,) = hooking.store.find("Asset", name=hooking.stem)
    (version,) = hooking.store.find("AssetVersion", asset_id=asset["id"])
    assert version["comment"] == "second pass"
    note = {"ident": f"{hooking.stem}_v001", "comment": "second pass", "status": "Approved", "time_s": 7200}
    assert [each["note"] for each in hooking.ended()] == [note]


def test_statuses_that_versions_may_have_are_offered_and_another_one_is_not_taken(hooking: Hooking) -> None:
    hooking.rule(status_in="Pending review")
    hooking.hand_out()
    answer = asked(hooking, entry(f"{hooking.stem}_v001"))

    names = [each["name"] for each in answer["statuses"]]
    assert [each["name"] for each in answer["statuses"] if each["default"]] == ["Pending review"]
    assert len(names) > 1
    hooking.publish(hooking.frames(), status="Whatever", comment="\x1b[2Jx\n" + "y" * 10_000)
    note = hooking.ended()[0]["note"]
    assert note["status"] == ""
    assert "\x1b" not in note["comment"]
    assert len(note["comment"]) < 5_000


BAD = {
    "another name": lambda stem: entry(f"{stem}x_v001"),
    "a missing frame": lambda stem: entry(f"{stem}_v001", frames=2),
    "an empty file": lambda stem: entry(f"{stem}_v001", files=[{"filename": f"{stem}_v001.1001.exr", "size": 0}]),
    "another type": lambda stem: entry(f"{stem}_v001", files=[{"filename": "run.exe", "size": 9}]),
    "a way out": lambda stem: entry("../x"),
    "a way out inside": lambda stem: entry(f"{stem}_v001", files=[{"filename": "../../x", "size": 9}]),
    "no name": lambda stem: entry(""),
    "a number": lambda stem: entry(7),  # type: ignore[arg-type]
    "letters that look alike": lambda stem: entry(f"{stem}_v001".replace("c", "\u0441", 1)),
    "a thousand folders": lambda stem: {"id": "1", "filename": f"{stem}_v001", **_deep(300)},
}


def _deep(levels: int) -> dict[str, Any]:
    told: dict[str, Any] = {"filename": "a.exr", "size": 1}
    for _ in range(levels):
        told = {"filename": "d", "files": [told]}
    return {"files": [told]}


def test_what_is_wrong_is_told_of_each_and_keeps_nothing_else(hooking: Hooking) -> None:
    hooking.hand_out()
    good = entry(f"{hooking.stem}_v001")
    bad = {name: make(hooking.stem) for name, make in BAD.items()}

    answer = asked(hooking, *bad.values(), good)

    files = dict(zip([*bad, "good"], answer["files"]))
    assert {name for name, each in files.items() if each["can_publish"]} == {"good"}
    for name, each in files.items():
        assert each.get("id") == {**bad, "good": good}[name].get("id")
        assert name == "good" or (each["warning"] and each["rejected"] and "path" not in each)
    assert len(list((hooking.folder / "spool" / "offers").iterdir())) == 1


def test_nothing_may_be_published_when_the_task_is_over_though_access_has_not_ended(hooking: Hooking) -> None:
    hooking.hand_out(assigned=True)  # and it is not assigned to them any more
    (told,) = asked(hooking, entry(f"{hooking.stem}_v001"))["files"]
    assert told["can_publish"] is False


def test_a_number_that_exists_is_refused_and_the_next_one_is_told(hooking: Hooking) -> None:
    hooking.hand_out()
    hooking.publish(hooking.frames())
    first, second, third = asked(
        hooking, entry(f"{hooking.stem}_v001"), entry(f"{hooking.stem}_v002"), entry(f"{hooking.stem}_v002")
    )["files"]

    assert (first["can_publish"], second["can_publish"], third["can_publish"]) == (False, True, False)


def test_who_was_handed_out_nothing_may_publish_nothing(hooking: Hooking) -> None:
    hooking.hand_out(OTHER)
    for vendor in ("vendor@acme.test", OTHER):
        (answered,) = asked(hooking, entry(f"{hooking.stem}_v001"), vendor=vendor, user_hr=OTHER)["files"]
        assert answered["can_publish"] is (vendor == OTHER)
    hooking.hand_out(OTHER, closed_at="2026-11-26T12:00:00+00:00")
    (answered,) = asked(hooking, entry(f"{hooking.stem}_v001"), vendor=OTHER)["files"]
    assert (answered["can_publish"], answered["warning"]) == (False, prepublish.NOTHING)


def test_requests_do_not_grow_with_the_files(hooking: Hooking) -> None:
    hooking.hand_out()
    counts = []
    for number in (1, 400):
        for service in (hooking.studio.ftrack, hooking.studio.accsyn):
            service.log.clear()
        files = asked(hooking, *(entry(f"{hooking.stem}_v{version:03d}", 5) for version in range(1, number + 1)))[
            "files"
        ]
        assert len(files) == number
        counts.append((hooking.studio.ftrack.log.count(), hooking.studio.accsyn.log.count()))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "away", [{"FTRACK_SERVER": "http://127.0.0.1:9"}, {"ACCSYN_PROXY": "127.0.0.1:9"}, {"FTRACK_API_KEY": ""}]
)
def test_while_a_service_is_away_each_is_told_to_try_again(hooking: Hooking, away: dict[str, str]) -> None:
    hooking.hand_out()
    hooking.workspace.hooks.environment.update(away)
    told = [entry("a"), entry("b"), {"id": "c", "filename": "c.mov", "size": 1}]

    answer = asked(hooking, *told)

    assert [(each["id"], each["can_publish"], each["info"]) for each in answer["files"]] == [
        (each["id"], False, answering.LATER) for each in told
    ]


def test_an_answer_is_given_in_time_however_long_a_service_takes(
    hooking: Hooking, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hooks, "ANSWER_S", 0.2)
    hooking.studio.ftrack.switches.latency_s = 5.0
    (tmp_path / "in.json").write_text(json.dumps({"user": hooking.user().id, "files": [entry("a")]}), encoding="utf-8")

    told = hooks.pre_publish(str(tmp_path / "in.json"), str(tmp_path / "out.json"))

    (answered,) = json.loads((tmp_path / "out.json").read_bytes())["files"]
    assert (answered["can_publish"], answered["warning"]) == (False, answering.LATER)
    assert "It takes too long" in told.lines[0]
    assert bounds.ANSWER_S < 20 - 5  # an interpreter that starts on a busy machine needs a few seconds as well


@pytest.mark.parametrize("content", ["", "{", "[]", '{"files":' * 10_000, '{"files": [[]]}', '{"files": {"a": 7}}'])
def test_whatever_the_input_is_there_is_an_answer(hooking: Hooking, content: str) -> None:
    output = hooking.folder / "output.json"
    assert hooking.call("pre-publish", content, output)[0] == 0
    assert json.loads(output.read_bytes())["files"] == []


def test_what_the_answer_is_written_with_is_there_before_another_thread_imports_the_rest(hooking: Hooking) -> None:
    code = (
        "import sys\n"
        "from ftrack_accsyn_accessor.vendor import hooks\n"
        "hooks.bounded = lambda ask, limit_s: print('ftrack_accsyn_accessor.outbox.file' in sys.modules) or ['late']\n"
        "hooks.pre_publish(*sys.argv[1:])"
    )
    path, output = hooking.folder / "input.json", hooking.folder / "output.json"
    path.write_text(json.dumps({"hook": PRE_PUBLISH, "files": [{"filename": "a"}]}), encoding="utf-8")
    words = [sys.executable, "-c", code, str(path), str(output)]
    ran = subprocess.run(words, env=hooking.environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"
    assert [each["can_publish"] for each in json.loads(output.read_text(encoding="utf-8"))["files"]] == [False]


def test_an_answer_replaces_a_link_and_does_not_follow_it(hooking: Hooking) -> None:
    victim, output = hooking.folder / "victim", hooking.folder / "output.json"
    victim.write_text("mine", encoding="utf-8")
    output.symlink_to(victim)
    asked(hooking, entry("a"))
    assert victim.read_text(encoding="utf-8") == "mine"
    assert not output.is_symlink()


# What comes back


def test_a_path_that_was_changed_on_the_way_leads_nowhere(hooking: Hooking) -> None:
    hooking.hand_out()
    hooking.hand_out(OTHER, f"{hooking.stem}-other")
    stolen = f"volume=projects/{hooking.places(OTHER).publish_folder}/{uuid.uuid4()}/{hooking.stem}-other_v001"

    hooking.publish(hooking.frames(), path=stolen, ident="x", can_publish=True)

    run = hooking.runs(PUBLISH)[-1]
    assert (run.exit_code, "nobody was allowed" in run.output) == (1, True), run.output
    assert hooking.versions() == hooking.versions(f"{hooking.stem}-other") == []
    assert OTHER not in run.output


def test_an_upload_to_where_nobody_was_allowed_is_left_alone_and_told(hooking: Hooking) -> None:
    hooking.hand_out()
    folder = f"{hooking.places().publish_folder}/{uuid.uuid4()}/{hooking.stem}_v001"
    (hooking.studio.hq / folder).mkdir(parents=True)

    code, said = hooking.call("publish", {**hooking.job(folder), "hook": PUBLISH, "files": [{"can_publish": True}]})

    assert (code, "nobody was allowed" in said) == (1, True)
    assert (hooking.studio.hq / folder).exists()
    assert hooking.waiting() == []


def test_what_one_vendor_was_allowed_another_cannot_use(hooking: Hooking) -> None:
    hooking.hand_out()
    hooking.hand_out(OTHER, f"{hooking.stem}-other")
    (answered,) = asked(hooking, entry(f"{hooking.stem}_v001"))["files"]
    path = answered["path"].partition("/")[2]

    code, _ = hooking.call("publish", {**hooking.job(path, vendor=OTHER), "hook": PUBLISH})
    assert (code, hooking.versions()) == (1, [])


def test_the_hook_of_a_publish_does_not_need_all_that_the_answer_had(hooking: Hooking) -> None:
    hooking.hand_out()
    hooking.workspace.hooks.whole_entries = False
    try:
        hooking.publish(hooking.frames(), comment="short")
    finally:
        hooking.workspace.hooks.whole_entries = True
    assert hooking.versions() == [1], hooking.runs(PUBLISH)[-1].output


def test_what_is_told_of_an_entry_is_all_that_comes_back_of_it() -> None:
    told = payload.read(
        json.dumps({"files": [{"id": "1", "filename": "a", "size": 1, "x": "y", "path": "/etc"}]}).encode()
    )
    assert set(answering.refusal(told.entries[0], "no")) == {
        *("id", "filename", "size", "ident", "can_publish", "can_upload", "rejected", "warning", "info")
    }
