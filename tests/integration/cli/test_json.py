"""Each verb with --json, in a studio: one object of ASCII, with the keys that the manual tells; on errors, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import Result

import schema
from ftrack_accsyn_accessor.cli import complaint, exit_codes
from ftrack_accsyn_accessor.cli.answer import SCHEMA
from ftrack_accsyn_accessor.cli.application import application
from ftrack_accsyn_accessor.model.item import State
from ftrack_accsyn_sandbox.studio import Studio
from helpers import wait_until
from publishing import Publisher, at_work
from runner import RUNNER

NAME = "プレート"
SHOT = "show_a/sq010/sh010"
ENDS = ("--from", "studio.hq", "--to", "studio.london")

#: In this order: what comes later finds what was done before. Which words say what is answered, and what is asked.
ANSWERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("send", ("send", SHOT, *ENDS, "--dry-run")),
    ("send", ("send", SHOT, *ENDS, "--yes")),
    ("get", ("get", SHOT, "--dry-run")),
    ("sync", ("sync", "show_a", "--site", "london", "--direction", "download", "--dry-run")),
    ("status", ("status", "--unfold")),
    ("requests", ("requests", "--unfold")),
    ("cancel", ("cancel", "{request}")),
    ("log", ("log",)),
    ("why", ("why",)),
    ("why", ("why", "{component}")),
    ("where", ("where", SHOT)),
    ("doctor", ("doctor",)),
    ("retry", ("retry",)),
    ("first", ("first", "{component}")),
    ("pause", ("pause",)),
    ("resume", ("resume",)),
    ("wait", ("wait", "--component", "{component}", "--at", "studio.hq", "--timeout", "1")),
    ("drain", ("drain", "--timeout", "1")),
    ("clean", ("clean", "--older-than", "0")),
    ("clean", ("clean", "--pin", "{component}")),
    ("reconcile", ("reconcile", "--dry-run")),
    ("queue ensure", ("queue", "ensure", "show_a")),
)


@pytest.fixture(scope="module")
def artist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """An artist with a component that has arrived, and nothing that runs in the background."""
    folder = tmp_path_factory.mktemp("json")
    with pytest.MonkeyPatch.context() as patch, Studio(folder / "studio") as studio:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with at_work(studio, patch, folder / "sources") as publisher:
            made = publisher.publish_file(publisher.version(publisher.session(), asset=NAME), NAME)
            wait_until(lambda: publisher.item(made).state is State.SYNCED, 30, "the arrival")
            yield publisher


def answer(*words: str) -> tuple[Any, Result]:
    result = RUNNER.invoke(application, [*words, "--json"], prog_name="ftrack-accsyn")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    (line,) = result.stdout.splitlines()
    assert line.isascii()
    found = json.loads(line)
    assert found.pop("schema") == SCHEMA
    return found, result


def test_every_answer_has_the_keys_that_the_manual_tells(artist: Publisher) -> None:
    (item,) = artist.outbox.items()
    values = {"component": item.publication.component_id, "request": ""}
    wrong: dict[str, list[str]] = {}
    for kind, words in ANSWERS:
        found, result = answer(*(each.format(**values) for each in words))
        wrong[" ".join(words)] = list(schema.differences(found, kind))
        if found.get("requests") and not values["request"]:
            values["request"] = str(found["requests"][0]["request_id"])
        if "exit_code" in found:
            assert found["exit_code"] == result.exit_code, words
    assert {words: each for words, each in wrong.items() if each} == {}


@pytest.mark.parametrize(
    ("words", "kind"), [(("vendors",), "vendors"), (("outsource", f"{SHOT}/Animation"), "outsource")]
)
def test_an_administrator_gets_the_keys_that_the_manual_tells(
    artist: Publisher, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, words: tuple[str, ...], kind: str
) -> None:
    studio = artist.studio
    rules = {"root": str(studio.hq), "spool": str(tmp_path / "spool")}
    (tmp_path / "vendors.json").write_text(json.dumps(rules))
    for name, value in studio.environment("admin").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ACCSYN_PROJECTS_PATH")
    monkeypatch.setenv("FTRACK_ACCSYN_VENDORS", str(tmp_path / "vendors.json"))
    more = ("--to", "vendor@acme.test", "--dry-run") if kind == "outsource" else ()
    found, _ = answer(*words, *more)
    assert list(schema.differences(found, kind)) == []


# Errors.


@pytest.mark.parametrize(
    ("words", "variables", "kind", "code"),
    [
        (("status", "--limit", "many"), {}, "usage", exit_codes.USAGE),
        (("nothing",), {}, "usage", exit_codes.USAGE),
        (("clean", "--withdrawn", "--quota", "1G"), {}, "usage", exit_codes.USAGE),
        (("status",), {"ACCSYN_PROJECTS_PATH": ""}, "not-set-up", exit_codes.NOT_SET_UP),
        (("where", SHOT), {"FTRACK_API_KEY": ""}, "settings", exit_codes.NOT_SET_UP),
        (("where", SHOT), {"FTRACK_API_KEY": "wrong"}, "ftrack-login", exit_codes.FAILED),
        (("retry", NAME + " nothing"), {}, "not-one", exit_codes.FAILED),
    ],
)
def test_an_error_is_an_object_as_well(
    artist: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    variables: dict[str, str],
    kind: str,
    code: int,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found, result = answer(*words)
    assert list(schema.differences(found, "Errors")) == []
    assert (found["error"]["kind"], found["error"]["exit_code"], result.exit_code) == (kind, code, code)
    assert result.stderr == ""
    assert found["error"]["message"]


def test_every_kind_without_an_error_of_its_own_is_an_exit_code() -> None:
    assert set(complaint.KINDS) == set(exit_codes.MEANINGS) - {exit_codes.OK}
