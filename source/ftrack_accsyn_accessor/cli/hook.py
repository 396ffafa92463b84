"""`ftrack-accsyn hook`: what accsyn runs by itself. Every job of the workspace comes by here, so little is imported."""

from __future__ import annotations

import logging
import os
import sys
from typing import Callable, NoReturn

import click

from ftrack_accsyn_accessor.model import errors
from ftrack_accsyn_accessor.model.printable import printable
from ftrack_accsyn_accessor.vendor import hooks
from ftrack_accsyn_accessor.vendor.bounds import Told

#: As in `exit_codes`, which brings more along.
_OK, _FAILED, _NOT_SET_UP = 0, 1, 3
_MOST_LINES = 200
_MOST_LETTERS = 2_000


@click.group()
def hook() -> None:
    """For accsyn's hooks (Admin > Settings > Hooks): take in what vendors deliver.

    Any other job is none of its business, and the command ends at once with 0.
    """
    # What goes on concerns other vendors as well, and employees may read what a hook prints: it says its own lines.
    logging.getLogger().addHandler(logging.NullHandler())


@hook.command("job-done")
@click.argument("path")
def job_done(path: str) -> None:
    """Take in what a vendor has uploaded. For post-done-server; PATH is ${PATH_JSON_INPUT}.

    0 unless something was delivered that could not be kept: then accsyn shows the job as failed, and its Retry tries
    again.
    """
    _end(lambda: hooks.job_done(path))


@hook.command("job-failed")
@click.argument("path")
def job_failed(path: str) -> None:
    """Tell both sides what a vendor could not upload. For post-failed-server; PATH is ${PATH_JSON_INPUT}."""
    _end(lambda: hooks.job_failed(path))


@hook.command("publish")
@click.argument("path")
def publish(path: str) -> None:
    """Take in what a vendor has published. For publish-server; PATH is ${PATH_JSON_INPUT}."""
    _end(lambda: hooks.publish(path))


@hook.command("pre-publish")
@click.argument("path")
@click.argument("output")
def pre_publish(path: str, output: str) -> None:
    """Answer what a vendor may publish. For pre-publish-server; ${PATH_JSON_INPUT} and ${PATH_JSON_OUTPUT}.

    0 unless the answer could not be written: also where nothing may be published.
    """
    _end(lambda: hooks.pre_publish(path, output))


def told(run: Callable[[], Told]) -> tuple[int, list[str]]:
    """Run a hook; return its exit code, and what it has to say. Never raises."""
    try:
        found = run()
        code, lines = _OK if found.kept else _FAILED, list(found.lines)
    except errors.SettingsError as error:
        code, lines = _NOT_SET_UP, [str(error)]
    except errors.AccsynAccessorError as error:
        code, lines = _FAILED, [str(error)]
    except Exception as error:  # noqa: BLE001 - its own words may tell of anybody
        code, lines = _FAILED, [f"Something is wrong ({type(error).__name__}). Please report this."]
    return code, [printable(line, _MOST_LETTERS) for line in lines[:_MOST_LINES]]


def _end(run: Callable[[], Told]) -> NoReturn:
    """Run a hook, say what it has to say, and end, whatever its threads still do."""
    code, lines = told(run)
    for line in lines:
        click.echo(line)
    sys.stdout.flush()
    os._exit(code)
