"""Three shots with one asset, version and component each: told apart by every command, and meant by what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_accsyn_accessor.cli import exit_codes
from integration.cli.conftest import Run
from publishing import Publisher

Told = Callable[..., Any]
SHOTS = ("sh010", "sh020", "sh030")
TITLES = [f"show_a sq010/{shot} comp v001 main" for shot in SHOTS]


@pytest.fixture
def published(publisher: Publisher) -> dict[str, str]:
    """Publish the same for three shots, none of which can be sent; return the components' ids by the shots."""
    publisher.studio.accsyn.switches.refuse(True)
    session = publisher.session()
    found = {}
    for shot in SHOTS:
        parent = session.get("Context", publisher.studio.ids[f"show_a/sq010/{shot}"])
        asset_type = session.query("AssetType").first()
        asset = session.create("Asset", {"name": "comp", "type": asset_type, "parent": parent})
        version = session.create("AssetVersion", {"asset": asset})
        session.commit()
        found[shot] = publisher.publish_file(version)["id"]
    return found


def test_rows_of_three_shots_are_told_apart_and_used(published: dict[str, str], run: Run, told: Told) -> None:
    shown = run("status").stdout

    assert all(title in shown for title in TITLES)
    assert sorted(row["title"] for row in told("status")["items"]) == TITLES
    for title, shot in zip(TITLES, SHOTS):
        assert title in run("log").stdout
        for words in (title, f"{shot.upper()} main", published[shot]):
            (row,) = told("log", words)["items"]
            assert (row["component_id"], row["context"]) == (published[shot], f"sq010/{shot}")
        assert run("why", f"{shot} comp v001 main").exit_code == exit_codes.UNSENT
    assert run("retry", "sh020 comp v001 main").exit_code == exit_codes.OK


def test_ambiguous_words_are_refused_with_what_could_be_meant(published: dict[str, str], run: Run, told: Told) -> None:
    for command in ("log", "why", "retry"):
        result = run(command, "comp v001 main")

        assert result.exit_code == exit_codes.FAILED, command
        assert all(f"\n  {title}\n" in f"{result.stderr}\n" for title in TITLES), command
    error = told("log", "comp v001 main")["error"]
    assert error["kind"] == "not-one"
    assert all(title in error["remedy"] for title in TITLES)
