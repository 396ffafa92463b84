"""Fixtures of the fault tests: a template of child processes for each worker, a studio of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from fault import support_studio
from fault.support_template import Child, Template
from ftrack_accsyn_sandbox.studio import Studio
from publishing import studio

__all__ = ["Run", "run", "studio", "template"]

Run = Callable[..., Child]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """The process that forks children; the schema of ftrack is read once for all of them."""
    if not hasattr(os, "fork"):
        pytest.skip("children are forked and killed, as only POSIX can")
    folder = tmp_path_factory.mktemp("template")
    (folder / "schema").mkdir()
    running = Template(folder, {"FTRACK_API_SCHEMA_CACHE_PATH": str(folder / "schema")})
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def run(template: Template, studio: Studio, tmp_path: Path) -> Iterator[Run]:
    """Fork a child in the studio's environment; what is left of them at the end is killed."""
    children: list[Child] = []

    def start(job: str, environment: Optional[dict[str, Optional[str]]] = None, **arguments: Any) -> Child:
        variables: dict[str, Optional[str]] = {**support_studio.environment(studio)}
        del variables["FTRACK_API_SCHEMA_CACHE_PATH"]
        variables["XDG_STATE_HOME"] = os.environ["XDG_STATE_HOME"]  # the template is older than the test
        arguments.setdefault("folder", str(tmp_path / "sources"))
        child = template.run(job, {**variables, **(environment or {})}, **arguments)
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.wait()
