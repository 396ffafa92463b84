"""The service machinery: life in a thread, TLS, the log, and each fault switch as a real HTTP client meets it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Any, Iterator

import aiohttp
import pytest
import requests
from aiohttp import web

from ftrack_accsyn_sandbox.service import BODY, Service
from ftrack_accsyn_sandbox.switches import GARBLE_KINDS
from helpers import wait_until

TIMEOUT_S = 10.0


class CountingService(Service):
    """Answers how many requests it has carried out, and what it was sent."""

    carried_out = 0

    def create_application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/crash", self.crash)
        application.router.add_get("/socket", self.socket)
        application.router.add_route("*", "/{name:.*}", self.count)
        return application

    async def count(self, request: web.Request) -> web.Response:
        self.carried_out += 1
        return web.json_response({"count": self.carried_out, "body": request[BODY]})

    async def crash(self, request: web.Request) -> web.Response:
        raise RuntimeError("broken on purpose")

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        response = web.WebSocketResponse()
        await response.prepare(request)
        await response.send_str("hello")
        async for _ in response:
            pass
        return response


@pytest.fixture
def service() -> Iterator[CountingService]:
    with CountingService() as running:
        yield running


def get(service: Service, path: str = "thing", **options: Any) -> requests.Response:
    return requests.get(f"{service.url}/{path}", **{"timeout": TIMEOUT_S, **options})


# Life


def test_started_service_listens_at_once(service: CountingService) -> None:
    assert get(service).json() == {"count": 1, "body": None}


def test_two_services_get_different_ports(service: CountingService) -> None:
    with CountingService() as other:
        assert other.port != service.port


def test_taken_port_is_an_error_and_leaves_nothing_running(service: CountingService) -> None:
    second = CountingService(port=service.port)
    before = threading.active_count()
    with pytest.raises(OSError, match=r"(?i)address"):
        second.start()
    assert threading.active_count() == before


def test_stopped_service_refuses_and_starts_again_on_its_port(service: CountingService) -> None:
    port = service.port
    service.stop()
    with pytest.raises(requests.ConnectionError, match="refused"):
        get(service)
    service.start()
    assert service.port == port
    assert get(service).status_code == 200


def test_running_service_cannot_be_started_twice(service: CountingService) -> None:
    with pytest.raises(RuntimeError, match="running already"):
        service.start()


def test_stop_ends_open_requests(service: CountingService) -> None:
    service.switches.hang()
    broken: list[BaseException] = []

    def ask() -> None:
        try:
            get(service)
        except requests.ConnectionError as error:
            broken.append(error)

    client = threading.Thread(target=ask)
    client.start()
    service.log.wait_for("thing")
    service.stop()
    client.join(TIMEOUT_S)
    assert len(broken) == 1


def test_stopping_twice_is_harmless(service: CountingService) -> None:
    service.stop()
    service.stop()


def test_websocket_is_served_and_ended_by_stop(service: CountingService) -> None:
    async def talk() -> list[Any]:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{service.url}/socket") as peer:
            first = await peer.receive_str()
            await asyncio.get_running_loop().run_in_executor(None, service.stop)
            return [first, (await peer.receive()).type]

    first, last = asyncio.run(talk())
    assert first == "hello"
    assert last in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert [row.status for row in service.log.all()] == [101]


def test_tls_is_verified_against_the_certificate() -> None:
    with CountingService(tls=True) as service:
        assert get(service, verify=str(service.certificate)).status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            get(service)
    assert service.certificate is None


# Log


def test_log_keeps_the_decoded_body_and_no_headers(service: CountingService) -> None:
    requests.post(f"{service.url}/thing", json={"a": 1}, headers={"Authorization": "secret"}, timeout=TIMEOUT_S)
    (row,) = service.log.all()
    assert (row.method, row.path, row.operation, row.status, row.body) == ("POST", "/thing", "thing", 200, {"a": 1})
    assert "secret" not in repr(row)


def test_body_that_is_no_json_is_logged_as_text(service: CountingService) -> None:
    requests.post(f"{service.url}/thing", data=b"plain", timeout=TIMEOUT_S)
    assert service.log.all()[0].body == "plain"


def test_failing_handler_answers_500_and_is_logged(service: CountingService) -> None:
    assert get(service, "crash").status_code == 500
    assert service.log.all()[0].status == 500


def test_unknown_path_is_logged_with_its_status() -> None:
    class Empty(Service):
        def create_application(self) -> web.Application:
            return web.Application()

    with Empty() as service:
        assert get(service, "nowhere").status_code == 404
        assert [(row.operation, row.status) for row in service.log.all()] == [("nowhere", 404)]


# Switches


def test_latency_delays_each_request(service: CountingService) -> None:
    service.switches.latency_s = 0.1
    begun = time.monotonic()
    get(service)
    assert time.monotonic() - begun >= 0.1


def test_fail_next_answers_the_status_without_processing(service: CountingService) -> None:
    service.switches.fail_next("thing", status=503, body={"message": "busy"}, headers={"Retry-After": "3"}, times=2)
    for _ in range(2):
        answer = get(service)
        assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, {"message": "busy"}, "3")
    assert get(service).json()["count"] == 1
    assert [row.status for row in service.log.all()] == [503, 503, 200]


def test_fault_waits_for_its_operation(service: CountingService) -> None:
    service.switches.fail_next("other", status=500)
    assert get(service).status_code == 200
    assert get(service, "other/thing").status_code == 500


def test_drop_before_resets_without_processing(service: CountingService) -> None:
    service.switches.drop_before("thing")
    with pytest.raises(requests.ConnectionError, match=r"reset|aborted"):
        get(service)
    assert service.carried_out == 0
    assert [row.status for row in service.log.all()] == [0]


def test_drop_after_resets_although_processed(service: CountingService) -> None:
    service.switches.drop_after("thing")
    with pytest.raises(requests.ConnectionError, match=r"reset|aborted"):
        get(service)
    assert service.carried_out == 1


def test_drop_without_reset_closes_cleanly(service: CountingService) -> None:
    service.switches.drop_after("thing", reset=False)
    with pytest.raises(requests.ConnectionError, match="without response"):
        get(service)
    assert service.carried_out == 1


def test_drop_works_under_tls() -> None:
    with CountingService(tls=True) as service:
        service.switches.drop_after("thing")
        with pytest.raises(requests.ConnectionError):
            get(service, verify=str(service.certificate))
        assert service.carried_out == 1


@pytest.mark.parametrize(("after", "carried_out"), [(False, 0), (True, 1)])
def test_hanging_request_gets_no_answer(service: CountingService, after: bool, carried_out: int) -> None:
    service.switches.hang("thing", after=after)
    with pytest.raises(requests.ReadTimeout):
        get(service, timeout=0.1)
    assert service.log.wait_for("thing")[0].status == 0
    assert service.carried_out == carried_out


def test_release_drops_what_hangs(service: CountingService) -> None:
    service.switches.hang("thing")
    releaser = threading.Thread(target=lambda: (service.log.wait_for("thing"), service.switches.release()))
    releaser.start()
    with pytest.raises(requests.ConnectionError):
        get(service)
    releaser.join(TIMEOUT_S)
    assert get(service).status_code == 200


def test_garbled_answers_have_status_200(service: CountingService) -> None:
    texts = {}
    for kind in ("html", "truncated", "empty_object", "null", "invalid_json"):
        service.switches.garble("thing", kind=kind)
        answer = get(service)
        assert answer.status_code == 200
        texts[kind] = answer.text
    assert texts["html"].startswith("<html>")
    assert texts["truncated"].startswith('{"count"')
    assert texts["empty_object"] == "{}"
    assert texts["null"] == "null"
    for kind in ("truncated", "invalid_json"):
        with pytest.raises(ValueError, match=r"\S"):
            requests.compat.json.loads(texts[kind])
    assert service.carried_out == 5


def test_cut_answer_ends_before_its_promised_length(service: CountingService) -> None:
    service.switches.garble("thing", kind="cut")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        get(service)


@pytest.mark.parametrize("kind", GARBLE_KINDS)
def test_garbled_answer_without_processing_changes_nothing(service: CountingService, kind: str) -> None:
    service.switches.garble("thing", kind=kind, processed=False)
    try:
        get(service)
    except requests.exceptions.ChunkedEncodingError:
        assert kind == "cut"
    assert service.carried_out == 0


def test_unknown_kind_of_garbling_is_refused(service: CountingService) -> None:
    with pytest.raises(ValueError, match="backwards"):
        service.switches.garble(kind="backwards")


def test_refused_connections_come_back_on_the_same_port(service: CountingService) -> None:
    service.switches.refuse(True)
    with pytest.raises(requests.ConnectionError, match="refused"):
        get(service)
    service.switches.refuse(False)
    assert get(service).status_code == 200


def test_refusing_closes_kept_alive_connections(service: CountingService) -> None:
    with requests.Session() as pool:
        pool.get(f"{service.url}/thing", timeout=TIMEOUT_S)
        service.switches.refuse(True)
        with pytest.raises(requests.ConnectionError):
            pool.get(f"{service.url}/thing", timeout=TIMEOUT_S)
    assert service.carried_out == 1


def test_refused_port_is_kept_from_others(service: CountingService) -> None:
    service.switches.refuse(True)
    with socket.socket() as other, pytest.raises(OSError, match=r"(?i)address"):
        other.bind(("127.0.0.1", service.port))


def test_switches_that_need_a_running_service_say_so() -> None:
    with pytest.raises(RuntimeError, match="not been started"):
        CountingService().switches.refuse(True)


@pytest.mark.parametrize("retry_after_s", [None, 5.0])
def test_rate_limit_answers_429_beyond_the_burst(service: CountingService, retry_after_s: float | None) -> None:
    service.switches.rate_limit(0.001, 2, retry_after_s)
    answers = [get(service) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json() == {"error": "Too Many Requests"}
    assert answers[-1].headers.get("Retry-After") == (None if retry_after_s is None else "5")
    assert service.carried_out == 2


def test_rate_limit_lets_through_what_it_sustains(service: CountingService) -> None:
    service.switches.rate_limit(1_000_000, 1)
    assert {get(service).status_code for _ in range(5)} == {200}


def test_rate_limit_can_answer_in_another_form(service: CountingService) -> None:
    service.switches.rate_limit(0.001, 0, body="Too Many Requests")
    assert get(service).text == "Too Many Requests"


def test_clear_switches_everything_off(service: CountingService) -> None:
    service.switches.latency_s = 60
    service.switches.rate_limit(0.001, 0)
    service.switches.drop_before(times=5)
    service.switches.refuse(True)
    service.switches.clear()
    assert get(service).status_code == 200


def test_faults_happen_in_the_order_in_which_they_were_set(service: CountingService) -> None:
    service.switches.fail_next(status=501)
    service.switches.fail_next(status=502)
    assert [get(service).status_code for _ in range(3)] == [501, 502, 200]


def test_fault_that_never_happens_is_refused(service: CountingService) -> None:
    with pytest.raises(ValueError, match="0 times"):
        service.switches.drop_before(times=0)


def test_gathered_requests_are_carried_out_when_all_of_them_have_arrived(service: CountingService) -> None:
    service.switches.gather("thing")
    answers: list[int] = []
    first = threading.Thread(target=lambda: answers.append(get(service).json()["count"]))
    first.start()
    wait_until(lambda: service._gathered, what="the first to arrive")
    assert get(service, "other").json()["count"] == 1
    assert service.carried_out == 1

    answers.append(get(service).json()["count"])

    first.join(TIMEOUT_S)
    assert sorted(answers) == [2, 3]
    assert get(service).json()["count"] == 4


def test_a_gathered_request_is_carried_out_at_the_release(service: CountingService) -> None:
    service.switches.gather("thing")
    answers: list[int] = []
    first = threading.Thread(target=lambda: answers.append(get(service).json()["count"]))
    first.start()
    wait_until(lambda: service._gathered, what="the first to arrive")

    service.switches.clear()

    first.join(TIMEOUT_S)
    assert answers == [1]
