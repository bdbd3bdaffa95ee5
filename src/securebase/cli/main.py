"""The command line's door. A command is loaded only when it is called, so that `--help` stays quick.

One more command: one file here with a function `command` and one line in `COMMANDS`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

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
    "calibrate": ("securebase.cli.calibrate", "Hold simulated cohorts to published figures."),
    "power": ("securebase.cli.power", "Plan a study: power, precision and bias by simulation."),
    "score": ("securebase.cli.score", "Score responses of an instrument."),
    "instruments": ("securebase.cli.instruments", "List the instruments on the shelf."),
    "parameters": ("securebase.cli.parameters", "Parameter sets that a clinic fitted: list, show, adopt, go back."),
    "theory": ("securebase.cli.theory", "List and draw the edges of the theory."),
    "doctor": ("securebase.cli.doctor", "Say what is installed and which kernel runs."),
}


class _OneLine(click.ClickException):
    """A command that cannot be understood, said in one line."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=file is None)


@contextmanager
def _said_in_one_line(door: click.Context | None = None) -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        # some errors of an option's value do not know their command
        called = f" {door.invoked_subcommand}" if door and door.invoked_subcommand else ""
        path = error.ctx.command_path if error.ctx else f"securebase{called}"
        said = " ".join(error.format_message().split())
        said = said if said.endswith((".", "!", "?", ")")) else f"{said}."
        raise _OneLine(f"{path}: {said} See {path} --help.") from None


class _Commands(click.Group):
    """A group that knows every command's one line without importing the command."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _said_in_one_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _said_in_one_line(ctx):
            return super().invoke(ctx)

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


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="securebase", prog_name="securebase")
@click.pass_context
def cli(context: click.Context) -> None:
    """Securebase: interpersonal psychotherapy and the therapeutic relationship, measured and modelled."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main() -> None:
    """Entry point. Exit code 2 and one clear line for input that cannot be used."""
    try:
        cli(prog_name="securebase")
    except SecurebaseError as error:
        click.echo(f"securebase: {error}", err=True)
        sys.exit(2)
