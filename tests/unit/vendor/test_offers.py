"""What a vendor was allowed to publish is known here, and only here, for a while."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.vendor import offers as module
from ftrack_accsyn_accessor.vendor.offers import Offer, Offers
from ftrack_accsyn_accessor.vendor.spool import Spool

OFFER = Offer("66aa", {"show_a/_vendors/v/publish/x/sh010_v001": ("Approved", "WIP")})


def test_an_offer_is_found_by_its_token_and_no_other(tmp_path: Path) -> None:
    token = Offers.token()
    Offers(Spool(tmp_path)).keep(token, OFFER)

    assert Offers(Spool(tmp_path)).find(token) == OFFER
    assert Offers(Spool(tmp_path)).find(Offers.token()) is None


@pytest.mark.parametrize(
    "token", ["", "..", "../offers/x", "x" * 36, "/etc/passwd", "0F8FAD5B-D9CB-469F-A165-70867728950E"]
)
def test_what_is_no_token_finds_nothing(tmp_path: Path, token: str) -> None:
    assert Offers(Spool(tmp_path)).find(token) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"vendor_id": 1, "paths": []}', b"\xff"])
def test_an_offer_that_was_damaged_is_none(tmp_path: Path, content: bytes) -> None:
    token = Offers.token()
    Offers(Spool(tmp_path)).keep(token, OFFER)
    (tmp_path / "offers" / f"{token}.json").write_bytes(content)
    assert Offers(Spool(tmp_path)).find(token) is None


def test_offers_are_private_and_go_when_nobody_comes_back_to_them(tmp_path: Path) -> None:
    old, new, foreign = Offers.token(), Offers.token(), tmp_path / "offers" / "notes.txt"
    for token in (old, new):
        Offers(Spool(tmp_path)).keep(token, OFFER)
    foreign.write_text("x", encoding="utf-8")
    path = tmp_path / "offers" / f"{old}.json"
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    then = path.stat().st_mtime - module.KEPT_DAYS * 86_400 - 1
    for each in (path, foreign):
        os.utime(each, (then, then))

    Offers(Spool(tmp_path)).keep(Offers.token(), OFFER)

    assert (Offers(Spool(tmp_path)).find(old), Offers(Spool(tmp_path)).find(new)) == (None, OFFER)
    assert foreign.exists()


def test_a_disk_that_refuses_says_so(tmp_path: Path) -> None:
    (tmp_path / "offers").write_text("", encoding="utf-8")
    with pytest.raises(errors.SpoolError, match="permissions and the free space"):
        Offers(Spool(tmp_path)).keep(Offers.token(), OFFER)
    with pytest.raises(errors.SpoolError, match="Could not see what may be published"):
        Offers(Spool(tmp_path)).find(Offers.token())


@pytest.mark.skipif(os.name == "nt", reason="no modes there")
def test_offers_that_others_could_have_made_are_not_believed(tmp_path: Path) -> None:
    token, spool = Offers.token(), Spool(tmp_path / "spool")
    Offers(spool).keep(token, OFFER)
    assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700
    spool.folder.chmod(0o777)
    with pytest.raises(errors.SpoolError, match="other accounts"):
        Offers(spool).find(token)
