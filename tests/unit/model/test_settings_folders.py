"""A folder that no system could use is a settings problem like any other, never an exception."""

from __future__ import annotations

import pytest

from ftrack_accsyn_accessor.model import settings

ACCOUNT = {"ACCSYN_WORKSPACE": "acme", "ACCSYN_API_USER": "artist@acme.test", "ACCSYN_API_KEY": "key"}


@pytest.mark.parametrize("path", ["/mnt/\ud800", "/mnt/a\0b"], ids=["not encodable", "NUL"])
@pytest.mark.parametrize("variable", ["ACCSYN_PROJECTS_PATH", "FTRACK_ACCSYN_OUTBOX"])
def test_folder_that_no_file_system_can_name_is_a_problem_of_its_variable(variable: str, path: str) -> None:
    found = settings.read({**ACCOUNT, "ACCSYN_PROJECTS_PATH": "/mnt/projects", variable: path})

    assert [(problem.variable, repr(path) in str(problem)) for problem in found.problems] == [(variable, True)]
    assert found.outbox is None
    assert found.staging_path == (None if variable == "ACCSYN_PROJECTS_PATH" else "/mnt/projects")


def test_folder_with_letters_of_any_script_is_none() -> None:
    found = settings.read({**ACCOUNT, "ACCSYN_PROJECTS_PATH": "/mnt/프로젝트 å"})

    assert (found.problems, found.staging_path) == ((), "/mnt/프로젝트 å")
