"""The login that the address of a server may hold: for connecting alone."""

from __future__ import annotations

import dataclasses

import pytest

from ftrack_accsyn_accessor.model.credentials import FtrackCredentials, plain_server, server_login
from ftrack_accsyn_accessor.model.errors import words
from ftrack_accsyn_accessor.model.item import Studio
from ftrack_accsyn_accessor.model.plain import as_json


@pytest.mark.parametrize(
    ("address", "plain", "login"),
    [
        ("", "", ("", "")),
        ("https://acme.test", "https://acme.test", ("", "")),
        ("https://acme.test:8080/", "https://acme.test:8080/", ("", "")),
        ("https://bob@acme.test", "https://acme.test", ("bob", "")),
        ("http://bob:secret@127.0.0.1:80", "http://127.0.0.1:80", ("bob", "secret")),
        ("http://bob:a%40b:c@acme.test/x", "http://acme.test/x", ("bob", "a%40b:c")),
        ("http://bob:a/b@c?d#e@acme.test", "http://acme.test", ("bob", "a/b@c?d#e")),
        ("http://:secret@[::1]:80", "http://[::1]:80", ("", "secret")),
        ("bob:secret@acme.test", "acme.test", ("bob", "secret")),
    ],
)
def test_login_is_told_apart_from_the_server(address: str, plain: str, login: tuple[str, str]) -> None:
    assert plain_server(address) == plain_server(plain) == plain
    assert server_login(address) == login


def test_credentials_show_the_plain_server_and_keep_the_address() -> None:
    found = FtrackCredentials("https://bob:secret@acme.test", "artist", "key")

    assert found.address == "https://bob:secret@acme.test"
    assert found.server_url == "https://acme.test"
    assert "secret" not in repr(found) + as_json(found)
    assert dataclasses.replace(found, api_user="admin").address == found.address


def test_studio_is_the_same_whoever_logs_in() -> None:
    assert Studio("https://bob:secret@Acme.test/", "acme").key == Studio("https://acme.test", "ACME").key


def test_words_of_an_error_hold_no_login() -> None:
    error = OSError("502 for url: https://bob:secret@acme.test/api, artist@acme.test")

    assert words(error) == "502 for url: https://acme.test/api, artist@acme.test"
