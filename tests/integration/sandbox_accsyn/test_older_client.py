"""The wire forms of clients before 3.1, sent by hand: that client cannot be installed beside the current one."""

from __future__ import annotations

import base64
import json
import urllib.parse
import uuid
from typing import Any

import pytest
import requests

from ftrack_accsyn_sandbox.accsyn.entities import Ticks


class OlderClient:
    """What accsyn-python-api 3.0.3 sends (its own session id, tasks under `job/task`, queues as jobs of type 2)."""

    def __init__(self, acme: Any) -> None:
        self.base = f"{acme.service.url}/api/v3"
        self.session_id = str(uuid.uuid4())
        user, key = (base64.b64encode(text).decode() for text in (b"admin@acme.test", b"admin-demo-key"))
        self.headers = {"Authorization": f"basic {user}:{key}", "X-Accsyn-Workspace": "acme"}
        login = json.dumps({"session_id": self.session_id})
        answer = requests.put(f"{self.base}/api/login", login, headers=self.headers, timeout=10)
        assert answer.json()["result"]["role"] == "admin"

    def call(self, verb: str, uri: str, data: Any, **envelope: Any) -> Any:
        text = json.dumps({"session": self.session_id, "uri": uri, "data": data, **envelope})
        send: dict[str, Any] = {"params": urllib.parse.quote(text)} if verb in ("GET", "DELETE") else {"data": text}
        return requests.request(verb, f"{self.base}/event", headers=self.headers, timeout=10, **send).json()["result"]


@pytest.fixture
def client(acme: Any) -> OlderClient:
    acme.demo.artist_client.ticks[acme.demo.volume.id] = Ticks(read=True)
    return OlderClient(acme)


def test_tasks_are_created_and_found_below_jobs(acme: Any, client: OlderClient) -> None:
    (job,) = client.call("POST", "job/create", {**acme.job("a.mov"), "allow_duplicates": True})
    (task,) = client.call("POST", "job/task/create", {"tasks": [acme.task("b.mov")]}, query=job["id"])
    found = client.call("GET", "job/task/find", {}, query=f"job.id={job['id']} and uri=1")
    assert [row["id"] for row in found] == [task["id"]]
    (edited,) = client.call("PUT", "job/task/edit", [{"id": task["id"], "status": "excluded"}], id=job["id"])
    assert edited["status"] == "excluded"


def test_queues_are_jobs_of_type_two(acme: Any, client: OlderClient) -> None:
    client.call("POST", "job/create", {"type": 2, "code": "old_style"})
    found = client.call("GET", "job/find", {"type": 2}, query="code=old_style")
    assert [queue["priority"] for queue in found] == [500]
    assert client.call("GET", "job/find", {"type": 1}) == []


def test_settings_are_named_by_scope_and_ident(acme: Any, client: OlderClient) -> None:
    (job,) = client.call("POST", "job/create", acme.job("a.mov"))
    where = {"scope": "job", "ident": job["id"], "name": "job_max_retries"}
    assert client.call("PUT", "setting", {**where, "value": "5"}) is True
    assert client.call("GET", "setting", where) == "5"
