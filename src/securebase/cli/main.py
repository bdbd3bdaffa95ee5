"""The command line's door. A command is loaded only when it is called, so that `--help` stays quick.

One more command: one file here with a function `command` and one line in `COMMANDS`.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from securebase.errors import SecurebaseError

#: name → (module, one line for the overview)
COMMANDS = {
    "demo": ("securebase.cli.demo", "Serve the workbench with a simulated demo clinic."),
    "serve": ("securebase.cli.serve", "Serve the workbench with your own clinic."),
    "study": ("securebase.cli.study", "Turn a table of therapy sessions into a study report."),
    "fit": ("securebase.cli.fit", "Fit the model to a table."),
    "track": ("securebase.cli.track", "Follow one client of a table."),
    "simulate": ("securebase.cli.simulate", "Draw a cohort from a known truth."),
    "score": ("securebase.cli.score", "Score responses of an instrument."),
    "instruments": ("securebase.cli.instruments", "List the instruments on the shelf."),
    "doctor": ("securebase.cli.doctor", "Say what is installed and which kernel runs."),
}


class _Commands(click.Group):
    """A group that knows every command's one line without importing the command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        loaded = import_module(COMMANDS[name][0]).command
        assert isinstance(loaded, click.Command)
        return loaded

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="securebase", prog_name="securebase")
def cli() -> None:
    """Securebase: interpersonal psychotherapy and the therapeutic relationship, measured and modelled."""


def main() -> None:
    """Entry point. Exit code 2 and one clear line for input that cannot be used."""
    try:
        cli(prog_name="securebase")
    except SecurebaseError as error:
        click.echo(f"securebase: {error}", err=True)
        sys.exit(2)
