"""The command line `ftrack-accsyn`; its libraries come with the extras `cli` and `sandbox`."""

from __future__ import annotations

import sys

from ftrack_accsyn_accessor.cli import streams
from ftrack_accsyn_accessor.cli.extras import needs_extra

_FAILED = 1


def main() -> None:
    """Run the command line with the arguments of the process, and exit."""
    streams.prepare()
    try:
        _run()
    except SystemExit as end:
        code = _code(end.code)
    except KeyboardInterrupt:
        code = _FAILED
    except Exception as error:  # noqa: BLE001 - whoever called gets words, and those who want it the rest
        from ftrack_accsyn_accessor.cli import complaint

        code = complaint.tell(error, sys.argv[1:])
    sys.exit(streams.finish(code, _FAILED))


def _run() -> None:
    with needs_extra("cli"):
        if sys.argv[1:2] == ["hook"]:  # run for every job of a workspace, most of which are none of its business
            from ftrack_accsyn_accessor.cli.hook import hook

            hook(sys.argv[2:], prog_name="ftrack-accsyn hook")
        from ftrack_accsyn_accessor.cli.application import application
    application()


def _code(told: object) -> int:
    """Return the exit code of what has ended with *told*, which may be words."""
    if told is None or isinstance(told, int):
        return told or 0
    from ftrack_accsyn_accessor.cli import answer

    if answer.wanted(sys.argv[1:]):
        answer.print_error("not-installed", str(told), _FAILED)
    else:
        print(told, file=sys.stderr)  # noqa: T201 - what is missing may be click
    return _FAILED
