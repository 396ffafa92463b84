"""Parties as accsyn writes and reads them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_accsyn_accessor.model.parties import (
    CLIENT,
    DELIVERY,
    HQ,
    MAIN,
    SITE,
    USER,
    Party,
    of_endpoint,
    parse,
    recipient,
)

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=100)


@pytest.mark.parametrize(
    ("text", "kind", "name", "host"),
    [
        ("acme", MAIN, "acme", ""),
        ("ACME", MAIN, "acme", ""),
        ("hq", MAIN, "hq", ""),
        (" HQ\n", MAIN, "hq", ""),
        ("site=hq", MAIN, "acme", ""),
        ("site=london", SITE, "london", ""),
        ("site=St.-Gallen_2", SITE, "St.-Gallen_2", ""),
        ("client=5d91a5f1b5f0c8a7e2d4c3b1", CLIENT, "5d91a5f1b5f0c8a7e2d4c3b1", ""),
        ("vendor+vfx@acme.test", USER, "vendor+vfx@acme.test", ""),
        ("ana.o'hara&co@acme.test", USER, "ana.o'hara&co@acme.test", ""),
        ("ana@acme.test@MacServer.local", USER, "ana@acme.test", "MacServer.local"),
    ],
)
def test_party_is_read_from_its_text(text: str, kind: str, name: str, host: str) -> None:
    found = parse(text, "acme")
    assert (found.kind, found.name, found.host) == (kind, name, host)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("london", "it is no party: accsyn would read it as a path"),
        ("", "it is not an accsyn party such as acme or site=london"),
        ("site=", "it is not an accsyn party such as acme or site=london"),
        ("site=london:share=projects", "it is not an accsyn party such as acme or site=london"),
        ("SITE=london", "it is not an accsyn party such as acme or site=london"),
        ("queue=high", "it is not an accsyn party such as acme or site=london"),
        ("@acme.test", "it is not an accsyn party such as acme or site=london"),
        ("ana@", "it is not an accsyn party such as acme or site=london"),
        ("ana@acme.test@", "it is not an accsyn party such as acme or site=london"),
        ("ana@acme.test/a", "it is not an accsyn party such as acme or site=london"),
        ("show/a.mov", "it is not an accsyn party such as acme or site=london"),
    ],
)
def test_what_accsyn_would_not_read_as_a_party_is_refused_in_words(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        parse(text, "acme")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hq", "acme"),
        ("hq", "site=hq"),
        ("site=London", "site=london"),
        ("Ana@Acme.test", "ana@acme.TEST"),
        ("ana@acme.test@WS1", "ana@acme.test@ws1"),
    ],
)
def test_spellings_of_a_party_are_one(one: str, other: str) -> None:
    assert parse(one, "acme") == parse(other, "acme")
    assert len({parse(one, "acme"), parse(other, "acme")}) == 1


def test_parties_of_one_name_are_several() -> None:
    texts = ["hq", "site=acme", "client=acme", "acme@acme.test", "acme@acme.test@ws1", "acme@acme.test@ws2"]
    assert len({parse(text, "acme") for text in texts}) == len(texts)
    assert parse("hq") != "hq"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("acme", "share=projects/show/a.mov"),
        ("hq", "share=projects/show/a.mov"),
        ("site=london", "site=london:share=projects/show/a.mov"),
        ("ana@acme.test", "ana@acme.test:share=projects/show/a.mov"),
        ("ana@acme.test@ws1", "ana@acme.test@ws1:share=projects/show/a.mov"),
        ("client=5d91a5f1b5f0c8a7e2d4c3b1", "client=5d91a5f1b5f0c8a7e2d4c3b1:share=projects/show/a.mov"),
    ],
)
def test_source_names_party_and_place_and_a_mirrored_destination_the_party_alone(text: str, source: str) -> None:
    party = parse(text, "acme")
    assert party.source("projects", "show/a.mov") == source
    assert party.destination == str(party) == text


NAMES = st.text(st.sampled_from("abZ0._-é"), min_size=1, max_size=8)
PARTIES = st.one_of(
    st.sampled_from([Party(MAIN, "acme"), Party(MAIN, HQ)]),
    st.builds(Party, st.sampled_from([SITE, CLIENT]), NAMES),
    st.builds(Party, st.just(USER), st.builds("{}@{}".format, NAMES, NAMES), st.just("") | NAMES),
)


@seeded
@given(PARTIES)
def test_what_is_written_is_read_again(party: Party) -> None:
    assert parse(str(party), "acme") == party
    assert str(parse(str(party), "acme")) == str(party)


@seeded
@given(st.text(st.sampled_from("acme=@:/ site.client\n"), max_size=14))
def test_a_text_is_a_party_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        party = parse(text, "acme")
        assert parse(str(party), "acme") == party


def test_a_delivery_is_read_from_an_endpoint_alone() -> None:
    found = of_endpoint("delivery=vendor@acme.test", "acme")
    assert (found, str(found)) == (Party(DELIVERY, "vendor@acme.test"), "delivery=vendor@acme.test")
    assert found != Party(USER, "vendor@acme.test")
    assert (recipient(str(found)), recipient("vendor@acme.test"), recipient("site=london")) == (found.name, "", "")
    assert of_endpoint("site=london", "acme") == Party(SITE, "london")
    with pytest.raises(ValueError, match="not an accsyn party"):
        parse(str(found), "acme")
