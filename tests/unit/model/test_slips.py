"""What is meant by a value with a slip in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model import slips

seeded = hypothesis_settings(derandomize=True, deadline=None, database=None, max_examples=300)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("acme", "acme"),
        ("acme-2.b_c", "acme-2.b_c"),
        ("acme.accsyn.com", "acme"),
        ("ACME.Accsyn.COM", "ACME"),
        ("https://acme.accsyn.com/", "acme"),
        ("https://acme.accsyn.com/admin?x=1#y", "acme"),
        ("acme.accsyn.com:443", "acme"),
        ("acme.accsyn.com/", "acme"),
        ("http://bob:secret@acme.accsyn.com", "acme"),
        ('"acme"', "acme"),
        ("'https://acme.accsyn.com'", "acme"),
        ("\u201cacme\u201d", "acme"),
        ("acme/", "acme"),
        ("my studio", ""),
        ("https://", ""),
    ],
)
def test_the_code_of_a_workspace_is_found_in_what_stands_for_it(value: str, meant: str) -> None:
    assert slips.workspace(value) == meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("https://acme.ftrackapp.com", "https://acme.ftrackapp.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://tools.studio.test/ftrack", "https://tools.studio.test/ftrack"),
        ("https://bob:secret@acme.test", "https://bob:secret@acme.test"),
        ("acme.ftrackapp.com", "https://acme.ftrackapp.com"),
        ("acme", "https://acme.ftrackapp.com"),
        ("localhost:8080", "https://localhost:8080"),
        ("ftp://acme.ftrackapp.com", "https://acme.ftrackapp.com"),
        ("https://acme.ftrackapp.com/login", "https://acme.ftrackapp.com"),
        ("https://acme.ftrackapp.com/#slideEntityId=1", "https://acme.ftrackapp.com"),
        ("http://tools.test:80/#view", "http://tools.test:80"),
        ('"https://acme.ftrackapp.com"', "https://acme.ftrackapp.com"),
        ("https://acme ftrackapp.com", ""),
        ("https://", ""),
        ("https://[::1", ""),
        ("https://acme.test:port", ""),
    ],
)
def test_the_address_of_ftrack_is_found_in_what_stands_for_it(value: str, meant: str) -> None:
    assert slips.server(value) == meant


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("k3y", ""),
        ("a=b/c+", ""),
        ('"k3y"', "quotes"),
        ("k3\ny", "line break"),
        ("k3 y", "blank"),
        ("k3\x00y", "blank"),
    ],
)
def test_what_is_wrong_with_a_key_is_told_without_it(value: str, words: str) -> None:
    told = slips.key(value)
    assert words in told
    assert bool(told) == bool(words)
    assert "k3" not in told


@seeded
@given(st.text(max_size=40) | st.from_regex(r"(https?://)?[a-z.:@/#? \"]{0,20}", fullmatch=True))
def test_what_is_meant_is_meant_by_itself(value: str) -> None:
    for meant_by in (slips.workspace, slips.server):
        meant = meant_by(value)
        assert meant_by(meant) == meant or not meant
