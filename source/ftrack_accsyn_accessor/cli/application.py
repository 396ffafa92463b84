"""The group of all commands."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Optional

import click

from ftrack_accsyn_accessor._version import __version__
from ftrack_accsyn_accessor.cli import exit_codes
from ftrack_accsyn_accessor.cli.verbs import VERBS
from ftrack_accsyn_accessor.model.errors import AccsynAccessorError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Commands(Mapping[str, click.Command]):
    """The commands by name. Each is imported when it is asked for: what it needs takes longer than a help."""

    def __getitem__(self, name: str) -> click.Command:
        found: click.Command = getattr(import_module(f"ftrack_accsyn_accessor.cli.{VERBS[name].module}"), name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)


class Application(click.Group):
    """A group whose commands may raise the plugin's errors: they are told in words, with an exit code."""

    def main(self, args: Optional[Sequence[str]] = None, *others: Any, **more: Any) -> Any:
        """Run the command that *args* say, and exit."""
        try:
            code = super().main(args, *others, **{**more, "standalone_mode": False})
        except (click.Abort, click.ClickException, AccsynAccessorError) as error:
            from ftrack_accsyn_accessor.cli import complaint

            code = complaint.tell(error, sys.argv[1:] if args is None else args)
        sys.exit(code or exit_codes.OK)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        # What ftrack_api logs of a refusal comes back as an error, which is told in words.
        logging.getLogger("ftrack_api").addHandler(logging.NullHandler())
        return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[Optional[str], Optional[click.Command], list[str]]:
        """Return the command that *args* begin with; what is no word, click before 8.2 would answer with the help."""
        if not (args[0] in VERBS or args[0][:1].isalnum() or ctx.resilient_parsing):
            ctx.fail(f"No such command {args[0]!r}.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command does, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.does) for name, verb in sorted(VERBS.items())])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin with *incomplete*, without importing them, or the options."""
        from click.shell_completion import CompletionItem

        names = sorted(name for name in VERBS if name.startswith(incomplete))
        found = [CompletionItem(name, help=VERBS[name].does) for name in names]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(
    cls=Application,
    commands=_Commands(),
    epilog=exit_codes.epilog(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="ftrack-accsyn")
def application() -> None:
    """Publish in ftrack; accsyn carries the files to the studio."""
