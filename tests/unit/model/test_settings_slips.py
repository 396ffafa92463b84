"""Slips of the pen in the environment and in the credentials file: told once, with what was meant, never a secret."""

from __future__ import annotations

import ntpath
import posixpath
from types import ModuleType
from typing import Optional

import pytest

from ftrack_accsyn_accessor.model import settings
from ftrack_accsyn_accessor.model.settings import Settings

KEY = "k3y-that-nobody-may-see"
GOOD = {
    "ACCSYN_WORKSPACE": "acme",
    "ACCSYN_API_USER": "artist@acme.test",
    "ACCSYN_API_KEY": KEY,
    "ACCSYN_PROJECTS_PATH": "/data/projects",
}
WITHOUT_KEY = {name: value for name, value in GOOD.items() if name != "ACCSYN_API_KEY"}


def read(**changes: Optional[str]) -> Settings:
    merged = {**GOOD, **changes}
    found = {name: value for name, value in merged.items() if value is not None}
    return settings.read(found, flavour=posixpath)


@pytest.mark.parametrize(
    ("variable", "value", "what", "remedy"),
    [
        ("ACCSYN_WORKSPACE", "acme.accsyn.com", "'acme.accsyn.com' is not the code", "Did you mean acme?"),
        ("ACCSYN_WORKSPACE", "https://acme.accsyn.com/", "is not the code of a workspace", "Did you mean acme?"),
        ("ACCSYN_WORKSPACE", "https://bob:k3y@acme.accsyn.com/", "'https://acme.accsyn.com/'", "Did you mean acme?"),
        ("ACCSYN_WORKSPACE", '"acme"', "has quotes around it", "Did you mean acme?"),
        ("ACCSYN_WORKSPACE", "my studio", "is not the code of a workspace", "Set it to the code"),
        ("ACCSYN_API_USER", "artist", "'artist' is no e-mail address", "accsyn user name"),
        ("ACCSYN_API_USER", "'artist@acme.test'", "has quotes around it", "Did you mean artist@acme.test?"),
        ("ACCSYN_API_KEY", f'"{KEY}"', "has quotes around it", "Leave them out."),
        ("ACCSYN_API_KEY", f"{KEY}\nmore", "has a blank or a line break in it", "Copy the key anew"),
        ("ACCSYN_PROXY", '"relay.test:80:k3y"', "has quotes around it", "Leave them out."),
        ("ACCSYN_PROJECTS_PATH", '"/data/projects"', "has quotes around it", "Did you mean /data/projects?"),
        ("FTRACK_ACCSYN_QUEUE", "'High'", "has quotes around it", "Did you mean High?"),
        ("FTRACK_ACCSYN_SYNC_PATH", "$PROJECT/scans", "$PROJECT in '$PROJECT/scans'", "Write what"),
    ],
)
def test_a_slip_is_told_once_with_what_was_meant(variable: str, value: str, what: str, remedy: str) -> None:
    found = read(**{variable: value})
    (problem,) = found.problems
    assert problem.variable == variable
    assert what in problem.what
    assert remedy in problem.remedy
    assert "k3y" not in str(problem)
    assert [each.variable for each in settings.outside(found).problems] in ([variable], [])


def test_a_slip_in_an_older_name_of_the_workspace_is_told_by_that_name() -> None:
    found = read(ACCSYN_WORKSPACE=None, ACCSYN_DOMAIN="acme.accsyn.com")
    assert [each.variable for each in found.problems] == ["ACCSYN_DOMAIN"]


@pytest.mark.parametrize("variable", ["ACCSYN_PROJECTS_PATH", "FTRACK_ACCSYN_OUTBOX", "FTRACK_ACCSYN_LOCATIONS"])
@pytest.mark.parametrize(
    ("flavour", "value", "words"),
    [
        (posixpath, "/data/$NOT_SET/x", "$NOT_SET is not set (in '/data/$NOT_SET/x')"),
        (posixpath, "/data/${NOT_SET}/x", "${NOT_SET} is not set"),
        (posixpath, "/data/%NOT_SET%/x", "%NOT_SET% stands for nothing on this system"),
        (posixpath, "~nobody-is-called-so/x", "~nobody-is-called-so is nobody's home here"),
        (ntpath, "P:\\%NOT_SET%\\x", "%NOT_SET% is not set"),
        (ntpath, "P:\\$NOT_SET\\x", "$NOT_SET is not set"),
    ],
)
def test_a_variable_left_in_a_path_is_named(variable: str, flavour: ModuleType, value: str, words: str) -> None:
    staging = "P:\\x" if flavour is ntpath else "/x"
    found = settings.read({**GOOD, "ACCSYN_PROJECTS_PATH": staging, variable: value}, flavour=flavour)
    (problem,) = found.problems
    assert problem.variable == variable
    assert words in problem.what


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no line NAME=VALUE in it"),
        ("c2VjcmV0LWtleQ==", "there is no line NAME=VALUE in it"),
        ("ACCSYN_API_KEY=", "there is no line NAME=VALUE in it"),
        ("ACCSYN_KEY=k3y\nACCSYN_KEY=k3y\nexport FTRACK_SERVER=x", "the names in it are ACCSYN_KEY, FTRACK_SERVER."),
        ("ACCSYN_KEY=k3y\nYWJj=x", "the names in it are ACCSYN_KEY, others."),
        ("\n".join(f"A_{number}=k3y" for number in range(20)), "A_6, A_7, others."),
        (f"A_{'X' * 50}=k3y", "there is no line NAME=VALUE in it"),
    ],
)
def test_a_file_that_lacks_what_is_missing_tells_the_names_in_it_and_no_value(text: str, words: str) -> None:
    for found in (
        settings.read({**WITHOUT_KEY, "ACCSYN_CREDENTIALS_PATH": "/a/file"}, text),
        settings.outside(settings.read({"ACCSYN_CREDENTIALS_PATH": "/a/file", "ACCSYN_WORKSPACE": "acme"}, text)),
    ):
        (problem,) = [each for each in found.problems if each.variable == "ACCSYN_CREDENTIALS_PATH"]
        assert "ACCSYN_API_KEY" in problem.what
        assert words in problem.what
        assert "k3y" not in settings.describe(found.problems)
        assert "c2VjcmV0" not in settings.describe(found.problems)


def test_a_file_without_use_is_no_problem_where_nothing_is_missing() -> None:
    found = settings.read({**GOOD, "ACCSYN_CREDENTIALS_PATH": "/a/file"}, "nothing", posixpath)
    assert found.complete
    assert settings.outside(found).complete
