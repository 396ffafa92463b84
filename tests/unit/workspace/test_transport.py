"""The way to accsyn: proxies, addresses, and what broken networks are taken for."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import sys

import pytest
import requests
import urllib3.exceptions

from between import WANTS_A_PASSWORD, closed_port, no_proxies, peer
from ftrack_accsyn_accessor.model.errors import NotReady, Refused, Uncertain, Unreachable
from ftrack_accsyn_accessor.workspace import transport
from ftrack_accsyn_accessor.workspace.answers import Problem, read_reply, translate
from ftrack_accsyn_accessor.workspace.transport import Proxy, Transport, parse_proxy

__all__ = ["closed_port", "no_proxies", "peer"]

pytestmark = pytest.mark.usefixtures("no_proxies")


def problem_of(host: str, port: int, *, plain: bool = True, proxy: str | None = None) -> Problem:
    sender = Transport(proxy, tls_verify=True, certificate=None)
    with contextlib.closing(sender), pytest.raises(Exception) as caught:  # noqa: PT011 - translated below
        read_reply(sender.send("GET", *sender.address(host, port, "event", plain), {}, "%7Bsecret", None))
    return translate(caught.value, relay=sender.relay)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("relay", Proxy("accsyn", "relay", 80)),
        ("relay:8080", Proxy("accsyn", "relay", 8080)),
        ("accsyn:relay:8080", Proxy("accsyn", "relay", 8080)),
        ("socks:relay:1080", Proxy("socks5", "relay", 1080)),
        ("socks5:relay:1080", Proxy("socks5", "relay", 1080)),
    ],
)
def test_every_form_of_proxy_that_accsyn_knows_is_understood(text, expected):
    assert parse_proxy(text) == expected


@pytest.mark.parametrize(
    "text",
    ["http://relay:80", "http:relay:80", "relay:port", "relay:0", "relay:65536", ":80", "a:b:c:d", "accsyn:relay"],
)
def test_other_forms_of_proxy_are_refused_and_never_go_around_it(text):
    with pytest.raises(Problem) as caught:
        parse_proxy(text)
    assert caught.value.kind is NotReady
    assert "ACCSYN_PROXY" in str(caught.value.remedy)
    assert text not in caught.value.outcome  # it might hold a password


@pytest.mark.parametrize(
    ("proxy", "plain", "expected"),
    [
        (None, False, "https://acme.accsyn.com:443/api/v3/event"),
        (None, True, "http://acme.accsyn.com:443/api/v3/event"),
        ("relay:8080", False, "http://relay:8080/api/v3/event"),
        ("socks5:relay:1080", False, "https://acme.accsyn.com:443/api/v3/event"),
    ],
)
def test_tls_is_left_only_for_a_relay_of_accsyn(proxy, plain, expected):
    for path in ("event", "/event"):
        assert Transport(proxy, True, None).address("acme.accsyn.com", 443, path, plain)[0] == expected


@pytest.mark.parametrize("plain", [True, False])
def test_a_refused_connection_was_never_processed(closed_port, plain):
    problem = problem_of("127.0.0.1", closed_port, plain=plain)
    assert problem.kind is Unreachable
    assert problem.outcome == f"127.0.0.1:{closed_port}: the connection was refused"


@pytest.mark.parametrize(
    ("host", "words"), [("no-such-host.invalid", "not known"), (f"{'a' * 70}.invalid", "cannot be used")]
)
def test_a_host_name_that_cannot_be_resolved_was_never_reached(host, words):
    problem = problem_of(host, 80)
    assert problem.kind is Unreachable
    assert words in problem.outcome


@pytest.mark.parametrize(("variable", "plain"), [("HTTPS_PROXY", False), ("HTTP_PROXY", True), ("all_proxy", False)])
def test_a_dead_web_proxy_means_never_processed_and_is_named_without_its_login(
    closed_port, monkeypatch, variable, plain
):
    monkeypatch.setenv(variable, f"http://bob:pass@127.0.0.1:{closed_port}/")
    problem = problem_of("accsyn.test", 80, plain=plain)
    proxy = f"the proxy 127.0.0.1:{closed_port} ({variable})"
    assert problem.kind is Unreachable
    assert problem.outcome == f"accsyn.test:80: {proxy} cannot be used: the connection was refused"
    assert f"unset {variable}" in str(problem.remedy)
    assert "bob" not in problem.outcome + str(problem.remedy)


def test_of_two_names_of_a_proxy_the_one_that_counts_is_told(closed_port, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://other.test:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://other.test:2")
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port}")
    assert f"127.0.0.1:{closed_port} (https_proxy)" in problem_of("accsyn.test", 80, plain=False).outcome


@pytest.mark.parametrize("address", ["http:///relay", "http://bob:pass", "http://:3128"])
def test_what_is_no_address_of_a_proxy_is_told_by_its_variable_and_not_shown(closed_port, monkeypatch, address):
    monkeypatch.setenv("HTTPS_PROXY", address)
    problem = problem_of("127.0.0.1", closed_port, plain=False)
    assert (problem.kind, problem.outcome) == (NotReady, "HTTPS_PROXY holds no address of a proxy")
    assert problem.remedy == "Write HTTPS_PROXY as http://HOST:PORT."


@pytest.mark.parametrize("proxy", ["127.0.0.1:{}", "accsyn:127.0.0.1:{}"])
def test_a_dead_relay_of_accsyn_is_named_as_the_proxy(closed_port, proxy):
    problem = problem_of("acme.accsyn.com", 443, plain=False, proxy=proxy.format(closed_port))
    proxy = f"the proxy 127.0.0.1:{closed_port} (ACCSYN_PROXY)"
    assert problem.kind is Unreachable
    assert problem.outcome == f"{proxy} cannot be used: the connection was refused"
    assert "ACCSYN_PROXY" in str(problem.remedy)


@pytest.mark.parametrize(("variable", "plain"), [("HTTPS_PROXY", False), ("HTTP_PROXY", True)])
def test_a_web_proxy_that_wants_a_password_means_never_processed(peer, monkeypatch, variable, plain):
    port = peer(WANTS_A_PASSWORD)
    monkeypatch.setenv(variable, f"http://bob:pass@127.0.0.1:{port}")
    problem = problem_of("accsyn.test", 443, plain=plain)
    assert problem.kind is Unreachable
    assert f"the proxy 127.0.0.1:{port} ({variable}) wants another user or password (407)" in problem.outcome
    assert f"into {variable} (http://USER:PASSWORD@HOST:PORT)" in str(problem.remedy)
    assert "secret" not in problem.outcome
    assert "bob" not in problem.outcome


def test_a_web_proxy_where_a_relay_should_be_is_told(peer):
    problem = problem_of("accsyn.test", 443, proxy=f"127.0.0.1:{peer(WANTS_A_PASSWORD)}")
    assert problem.kind is Unreachable
    assert "(ACCSYN_PROXY)" in problem.outcome
    assert "unset ACCSYN_PROXY and write it into HTTPS_PROXY" in str(problem.remedy)


def test_a_web_proxy_that_does_not_let_through_is_told_as_that(peer, monkeypatch):
    port = peer(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    problem = problem_of("accsyn.test", 443, plain=False)
    assert problem.outcome == f"accsyn.test:443: the proxy 127.0.0.1:{port} (HTTPS_PROXY) answered: 403 Forbidden"
    assert "NO_PROXY" in str(problem.remedy)


@pytest.mark.parametrize(
    ("name", "words", "remedy"),
    [
        ("ProxyConnectionError", "cannot be used", "Check that the proxy runs"),
        ("SOCKS5AuthError", "wants another user or password", "ACCSYN_PROXY"),
        ("SOCKS5Error", "accsyn.test: Connection", None),  # what lies behind the proxy does not answer
    ],
)
def test_what_a_socks_proxy_refuses_is_told_from_what_lies_behind_it(name, words, remedy):
    # PySocks is no requirement: what it raises is recognised by its names.
    error = requests.exceptions.ConnectionError(request=requests.Request("GET", "https://accsyn.test/").prepare())
    error.__context__ = urllib3.exceptions.NewConnectionError(None, "")  # type: ignore[arg-type]
    error.__context__.__context__ = type(name, (OSError,), {"__module__": "socks"})(111, "Connection refused")
    problem = translate(error, relay="socks.test:1080")
    assert problem.kind is Unreachable
    assert words in problem.outcome
    assert remedy is problem.remedy or str(remedy) in str(problem.remedy)


@pytest.mark.parametrize("answer", [b"", b"no TLS here\r\n\r\n"])
def test_a_connection_that_breaks_in_the_tls_handshake_was_never_processed(peer, answer):
    problem = problem_of("127.0.0.1", peer(answer), plain=False)
    assert problem.kind is Unreachable
    assert problem.remedy is None  # certificates are not the matter


def test_a_tunnel_that_breaks_while_it_is_made_was_never_processed(peer, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{peer(b'')}")
    assert problem_of("accsyn.test", 443, plain=False).kind is Unreachable


def test_a_web_proxy_that_breaks_off_after_the_request_leaves_the_outcome_open(peer, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{peer(b'')}")
    problem = problem_of("accsyn.test", 80)
    assert (problem.kind, problem.outcome) == (Uncertain, "accsyn.test:80: the connection broke")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "the connection broke"),
        (b"220 mail.test ESMTP\r\n\r\n", "what answered does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{", "the answer was cut short"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", "decompressed"),
    ],
)
def test_an_answer_that_cannot_be_read_leaves_the_outcome_open(peer, answer, words):
    problem = problem_of("127.0.0.1", peer(answer))
    assert problem.kind is Uncertain
    assert words in problem.outcome
    assert "secret" not in problem.outcome


def test_a_peer_that_is_silent_leaves_the_outcome_open(monkeypatch):
    monkeypatch.setattr(transport, "READ_TIMEOUT_S", 1.0)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        problem = problem_of("127.0.0.1", silent.getsockname()[1])
    assert problem.kind is Uncertain
    assert problem.outcome.endswith("no answer in time")


def test_a_missing_file_of_certificates_is_told_by_the_variable(monkeypatch, closed_port):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    problem = problem_of("127.0.0.1", closed_port, plain=False)
    assert problem.kind is NotReady
    assert "REQUESTS_CA_BUNDLE" in str(problem.remedy)


#: Without PySocks, which a test's own tools may bring: for as long as `requests` lives, it is decided at its import.
WITHOUT_PYSOCKS = """
import socket, sys
sys.modules["socks"] = None
from ftrack_accsyn_accessor.workspace.answers import translate
from ftrack_accsyn_accessor.workspace.transport import Transport
before = socket.socket
sender = Transport("socks5:127.0.0.1:" + sys.argv[1], tls_verify=True, certificate=None)
try:
    sender.send("GET", *sender.address("accsyn.test", 443, "event", False), {}, "%7B", None)
except Exception as error:
    problem = translate(error)
    print(problem.kind.__name__, problem.remedy, socket.socket is before)
"""


def test_a_socks_proxy_without_pysocks_is_told_and_changes_no_socket(closed_port):
    command = [sys.executable, "-c", WITHOUT_PYSOCKS, str(closed_port)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.startswith("NotReady ")
    assert "PySocks" in said
    assert said.endswith(" True\n")


def test_a_header_that_cannot_be_sent_is_told(closed_port):
    sender = Transport(None, True, None)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - translated below
        sender.send("GET", f"http://127.0.0.1:{closed_port}/", None, {"X-Accsyn-Workspace": "ac\r\nme"}, "", None)
    assert translate(caught.value).kind is NotReady


def test_a_question_that_is_too_long_is_not_sent(closed_port):
    sender = Transport(None, True, None)
    with pytest.raises(Problem) as caught:
        sender.send("GET", f"http://127.0.0.1:{closed_port}/", None, {}, "x" * transport.MAX_URL_BYTES, None)
    assert caught.value.kind is Refused
    assert sender.calls == 0


def test_debug_lines_of_urllib3_lose_the_envelope_and_nothing_else():
    logger = logging.getLogger("urllib3.connectionpool")
    sender = Transport(None, True, None)
    sender._connection()
    sender._connection()
    assert sum(isinstance(filter_, transport._HideEnvelopes) for filter_ in logger.filters) == 1
    record = logger.makeRecord(
        logger.name, logging.DEBUG, "", 0, '"%s %s" %s', ("GET", "/api/v3/event?%7Bsession", 200), None
    )
    assert logger.filter(record)
    assert record.getMessage() == '"GET /api/v3/event" 200'
    other = logger.makeRecord(logger.name, logging.DEBUG, "", 0, "%s", ("/other?x=1",), None)
    assert logger.filter(other)
    assert other.getMessage() == "/other?x=1"
    sender.close()
