"""A pin takes what is staged, by whatever it is called, protects it, and is seen where it keeps something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cleaning import ALL, Told, staged
from ftrack_accsyn_accessor.cli import exit_codes
from integration.cli.conftest import Run
from publishing import Publisher

BASE = "show_a/sq010/sh010/plate/v001"


@pytest.fixture
def rested(publisher: Publisher) -> dict[str, Any]:
    """Publish a file, a sequence and a container, which count as arrived; no application runs any more."""
    publisher.studio.accsyn.switches.refuse(True)
    session = publisher.session()
    version = publisher.version(session)
    found = {
        "movie": publisher.publish_file(version, "movie"),
        "frames": publisher.publish_sequence(version, range(1001, 1004)),
        "pack": publisher.publish_container(session, version),
        "version": version,
    }
    publisher.close()
    outbox = publisher.outbox
    assert outbox.tracking.synced(list(outbox.items())) == 3
    outbox.close()
    publisher.studio.accsyn.switches.refuse(False)
    return found


def pinned(told: Told) -> set[str]:
    return {item["path"].rpartition("/")[2] for item in told(*ALL)["items"] if item["pinned"]}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("{movie}", {"movie.mov"}),
        ("plate v001 movie", {"movie.mov"}),
        ("{version}", {"movie.mov", "frames.%04d.exr", "pack"}),
        ("{root}/" + BASE + "/frames.1002.exr", {"frames.%04d.exr"}),
        (BASE + "/pack/a.txt", {"pack"}),
        (BASE + "/pack", {"pack"}),
        ("show_a/sq010", {"movie.mov", "frames.%04d.exr", "pack"}),
        (".", {"movie.mov", "frames.%04d.exr", "pack"}),
    ],
    ids=["component", "words", "version", "frame", "member", "container", "folder", "all"],
)
def test_pin_and_unpin_take_whatever_stands_for_it(
    publisher: Publisher, rested: dict[str, Any], told: Told, run: Run, text: str, kept: set[str]
) -> None:
    ids = {name: entity["id"] for name, entity in rested.items()}
    named = text.format(**ids, root=publisher.studio.staging)

    assert run("clean", "--pin", named).exit_code == exit_codes.OK
    assert pinned(told) == kept
    assert told("clean", "--unpin", named)["pins"] == []


@pytest.mark.parametrize("text", ["{root}/show_a/none", "show_a/none.mov", "nobody knows this", "0123-4567"])
def test_what_is_not_staged_is_not_pinned(publisher: Publisher, rested: dict[str, Any], run: Run, text: str) -> None:
    result = run("clean", "--pin", text.format(root=publisher.studio.staging))

    assert (result.exit_code, publisher.outbox.control.pins()) == (exit_codes.FAILED, frozenset())


def test_words_of_several_are_not_pinned_but_listed(publisher: Publisher, rested: dict[str, Any], run: Run) -> None:
    result = run("clean", "--pin", "plate v001")

    assert (result.exit_code, publisher.outbox.control.pins()) == (exit_codes.FAILED, frozenset())
    for name in ("movie", "frames", "pack"):
        assert f"show_a sq010/sh010 plate v001 {name}" in result.stderr


@pytest.mark.parametrize("option", ["--pin", "--unpin"])
def test_pinning_and_freeing_are_two_commands(
    publisher: Publisher, rested: dict[str, Any], run: Run, option: str
) -> None:
    before = staged(publisher)

    result = run(*ALL, option, rested["movie"]["id"], "--apply")

    assert result.exit_code == exit_codes.USAGE
    assert (staged(publisher), publisher.outbox.control.pins()) == (before, frozenset())


def test_what_is_not_pinned_cannot_be_unpinned_and_what_is_gone_can(
    publisher: Publisher, rested: dict[str, Any], run: Run, told: Told
) -> None:
    publisher.outbox.control.keep_pins({"show_a/gone", "0123"})

    refused = run("clean", "--unpin", "show_a/other")

    assert refused.exit_code == exit_codes.FAILED
    assert "show_a/other is not pinned. Pinned: 0123, show_a/gone." in refused.stderr
    assert told("clean", "--unpin", "show_a/gone", "--unpin", "0123")["pins"] == []


def test_disk_that_is_away_pins_nothing(publisher: Publisher, rested: dict[str, Any], run: Run, tmp_path: Path) -> None:
    publisher.studio.staging.rename(tmp_path / "away")

    result = run("clean", "--pin", "show_a")

    assert result.exit_code != exit_codes.OK
