"""accsyn Publish with the real client: asked before, uploaded without a grant, and told afterwards."""

from __future__ import annotations

import sys
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest

from helpers import wait_until
from integration.sandbox_accsyn.bare_client import AccsynException
from integration.sandbox_accsyn.running import last, tree

PRE_PUBLISH, PUBLISH = "pre-publish-server", "publish-server"
INPUT, OUTPUT = "${PATH_JSON_INPUT}", "${PATH_JSON_OUTPUT}"

#: Lets everything be published but what is called "bad"; "late" may be uploaded though not approved.
JUDGE = """
for entry in payload["files"]:
    name = entry["filename"]
    entry.update(ident=name, can_publish="bad" not in name and "late" not in name, can_upload="late" in name)
    entry["path"] = f"volume=projects/show/publish/{entry['id']}/{name}"
json.dump({"guidelines": "EXR", "comment": True, "files": payload["files"]}, open(sys.argv[2], "w"))
"""


@pytest.fixture
def vendor(acme: Any) -> Any:
    return acme.login("vendor")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """The disk of the vendor's machine."""
    folder = tmp_path / "desk"
    for name in ("sh10_v003/a.1001.exr", "sh10_v003/sub/b.exr", "bad/c.exr", "late/d.exr"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture(autouse=True)
def judge(acme: Any, tmp_path: Path) -> None:
    configure(acme, tmp_path, PRE_PUBLISH, JUDGE)


def configure(acme: Any, folder: Path, name: str, text: str = "") -> None:
    script = folder / f"{name}.py"
    script.write_text(f"import json, sys\npayload = json.load(open(sys.argv[1]))\n{text}\n")
    acme.service.workspace.hooks.set(name, [sys.executable, "-S", str(script), INPUT, OUTPUT])


def entry(name: str = "sh10_v003", size: int = 30) -> dict[str, Any]:
    files = [{"filename": "a.1001.exr", "size": size}]
    return {"id": str(uuid.uuid4()), "filename": name, "is_dir": True, "files": files}


def publish(session: Any, desk: Path, files: list[dict[str, Any]], **data: Any) -> Any:
    tasks = [{"id": each["id"], "source": str(desk / each["filename"])} for each in files]
    hooks = [{"when": "hook-job-publish-server", "data": {"files": files}}]
    return session.create("Transfer", {"name": "sh10_v003_publish", "tasks": tasks, "hooks": hooks, **data})


def told(acme: Any, name: str) -> Any:
    return [run.payload for run in acme.service.workspace.hooks.runs if run.name == name]


def test_hook_before_a_publish_judges_what_the_client_offers(acme: Any, vendor: Any) -> None:
    good, bad = entry(), entry("bad", 12)
    answer = vendor.prepublish([good, bad])
    assert (answer["guidelines"], answer["comment"]) == ("EXR", True)
    assert [(row["id"], row["can_publish"]) for row in answer["files"]] == [(good["id"], True), (bad["id"], False)]
    (asked,) = told(acme, PRE_PUBLISH)
    assert asked == {
        "hook": PRE_PUBLISH,
        "user": acme.demo.vendor.id,
        "user_hr": "vendor@acme.test",
        "client": acme.demo.vendor_client.id,
        "hostname": "vendor-desk",
        "ip": "",
        "metadata": {},
        "size": 42,
        "files": [good, bad],
    }


def test_publish_needs_no_grant_and_is_told_with_its_files(
    acme: Any, vendor: Any, engine: Any, desk: Path, tmp_path: Path
) -> None:
    configure(acme, tmp_path, PUBLISH)
    (answered,) = vendor.prepublish([entry()])["files"]
    answered.update(comment="second pass", time_report=14400)
    job = publish(vendor, desk, [answered])
    engine.wait_idle()
    assert last(acme).status == "done"
    arrived = acme.hq / "show" / "publish" / answered["id"] / "sh10_v003"
    assert tree(arrived) == tree(desk / "sh10_v003")
    (payload,) = told(acme, PUBLISH)
    assert (payload["id"], payload["source"]) == (job["id"], f"user:{acme.demo.vendor.id}")
    assert payload["files"] == [{**answered, "v": acme.demo.volume.id, "v_hr": "projects"}]
    assert payload["tasks"]["0"]["destination"]["path_abs_final"] == str(arrived)


def test_hook_after_a_publish_may_be_told_only_what_is_documented(
    acme: Any, vendor: Any, engine: Any, desk: Path, tmp_path: Path
) -> None:
    configure(acme, tmp_path, PUBLISH)
    acme.service.workspace.hooks.whole_entries = False
    publish(vendor, desk, vendor.prepublish([entry()])["files"])
    engine.wait_idle()
    (row,) = told(acme, PUBLISH)[0]["files"]
    assert {"id", "files", "size"}.isdisjoint(row)
    assert (row["ident"], row["v_hr"]) == ("sh10_v003", "projects")


def test_files_come_back_through_the_client_and_may_be_edited_there(
    acme: Any, vendor: Any, engine: Any, desk: Path, tmp_path: Path
) -> None:
    configure(acme, tmp_path, PUBLISH)
    (answered,) = vendor.prepublish([entry()])["files"]
    publish(vendor, desk, [{**answered, "ident": "other", "path": "volume=projects/other/stolen"}])
    engine.wait_idle()
    (row,) = told(acme, PUBLISH)[0]["files"]
    assert (row["ident"], row["path"]) == ("other", "volume=projects/other/stolen")
    assert (acme.hq / "show" / "publish" / answered["id"] / "sh10_v003" / "a.1001.exr").exists()
    assert not (acme.hq / "other").exists()


def test_workspace_may_trust_what_the_client_sends(acme: Any, vendor: Any, engine: Any, desk: Path) -> None:
    acme.service.workspace.publish_trusts_client = True
    (answered,) = vendor.prepublish([entry("bad")])["files"]
    publish(vendor, desk, [{**answered, "can_publish": True, "path": "volume=projects/other/stolen"}])
    engine.wait_idle()
    assert (acme.hq / "other" / "stolen" / "c.exr").exists()


@pytest.mark.parametrize("claim", [{}, {"can_publish": True}])
def test_what_was_not_let_through_is_not_uploaded(acme: Any, vendor: Any, desk: Path, claim: dict[str, bool]) -> None:
    (answered,) = vendor.prepublish([entry("bad")])["files"]
    for files in ([{**answered, **claim}], [{**answered, **claim, "id": str(uuid.uuid4())}]):
        with pytest.raises(AccsynException, match="not one that may be published"):
            publish(vendor, desk, files)


def test_offer_to_one_user_is_none_to_another(acme: Any, vendor: Any, session: Any, desk: Path) -> None:
    answered = session.prepublish([entry()])["files"]
    with pytest.raises(AccsynException, match="not one that may be published"):
        publish(vendor, desk, answered)


def test_what_was_not_approved_may_still_be_uploaded_where_the_hook_says_so(
    acme: Any, vendor: Any, engine: Any, desk: Path
) -> None:
    answered = vendor.prepublish([entry("late")])["files"]
    publish(vendor, desk, answered)
    engine.wait_idle()
    assert [path.name for path in acme.hq.rglob("d.exr")] == ["d.exr"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hooks": []}, "one for a publish"),
        ({"hooks": [{"when": "hook-job-post-done-server", "data": {"files": []}}]}, "one for a publish"),
        ({"tasks": []}, "No tasks"),
        ({"queue": "High"}, "Unknown attribute"),
    ],
)
def test_impossible_publish_is_refused(
    acme: Any, vendor: Any, desk: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(AccsynException, match=message):
        publish(vendor, desk, vendor.prepublish([entry()])["files"], **change)
    assert acme.service.workspace.jobs() == []


def test_relative_source_of_a_publish_is_refused(vendor: Any) -> None:
    answered = vendor.prepublish([entry()])["files"]
    with pytest.raises(AccsynException, match="absolute path on your client"):
        publish(vendor, Path("volume=projects"), answered)


@pytest.mark.parametrize(
    ("text", "message"),
    [("sys.exit(1)", "exit code 1"), ("", "no answer"), ("open(sys.argv[2], 'w').write('{')", "no answer")],
)
def test_hook_that_fails_refuses_the_publish(acme: Any, vendor: Any, tmp_path: Path, text: str, message: str) -> None:
    configure(acme, tmp_path, PRE_PUBLISH, text)
    with pytest.raises(AccsynException, match=message):
        vendor.prepublish([entry()])


def test_hook_that_takes_too_long_refuses_the_publish(acme: Any, vendor: Any, tmp_path: Path) -> None:
    acme.service.workspace.hooks.publish_limit_s = 0.2
    configure(acme, tmp_path, PRE_PUBLISH, "import time\ntime.sleep(60)")
    with pytest.raises(AccsynException, match="too late"):
        vendor.prepublish([entry()])


def test_others_are_answered_while_a_hook_thinks(acme: Any, vendor: Any, session: Any, tmp_path: Path) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    waiting = f"import os\nopen({str(begun)!r}, 'w')\nwhile not os.path.exists({str(go)!r}):\n    pass"
    configure(acme, tmp_path, PRE_PUBLISH, f"{waiting}\n{JUDGE}")
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(vendor.prepublish([entry()])))
    asking.start()
    wait_until(begun.exists)
    assert session.find("Transfer") == []
    go.touch()
    asking.join(10)
    assert answers[0]["files"][0]["can_publish"] is True


def test_publish_that_is_not_set_up_is_refused(acme: Any, vendor: Any) -> None:
    acme.service.workspace.hooks.set(PRE_PUBLISH, None)
    with pytest.raises(AccsynException, match="not enabled"):
        vendor.prepublish([entry()])


def test_user_without_a_client_publishes_nothing(acme: Any) -> None:
    acme.service.workspace.add_user("new@acme.test", "new-demo-key", "standard")
    with pytest.raises(AccsynException, match="no client"):
        acme.login("new").prepublish([entry()])


def test_failed_publish_is_retried_with_the_same_files(
    acme: Any, vendor: Any, admin: Any, engine: Any, desk: Path, tmp_path: Path
) -> None:
    well = tmp_path / "well"
    configure(acme, tmp_path, PUBLISH, f"import os\nsys.exit(not os.path.exists({str(well)!r}))")
    job = publish(vendor, desk, vendor.prepublish([entry()])["files"])["id"]
    engine.wait_idle()
    assert last(acme).status == "failed"
    well.touch()
    admin.update("Transfer", job, {"status": "waiting"})
    engine.wait_idle()
    assert last(acme).status == "done"
    first, second = told(acme, PUBLISH)
    assert (first["id"], first["files"]) == (second["id"], second["files"])


def test_publish_runs_the_hook_for_every_job_after_its_own(
    acme: Any, vendor: Any, engine: Any, desk: Path, tmp_path: Path
) -> None:
    for name in (PUBLISH, "post-done-server"):
        configure(acme, tmp_path, name)
    publish(vendor, desk, vendor.prepublish([entry()])["files"])
    engine.wait_idle()
    ran = [(run.name, "files" in run.payload) for run in acme.service.workspace.hooks.runs]
    assert ran == [(PRE_PUBLISH, True), (PUBLISH, True), ("post-done-server", False)]
