"""Entry point of the command line. Commands are imported on use, so that `--help` stays fast.

To add a command, write a module here with a function `command` and add one line to `COMMANDS`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from securebase.errors import NoEstimateError, SecurebaseError

#: name → (module, one line for the overview)
COMMANDS = {
    "demo": ("securebase.cli.demo", "Serve the workbench with a simulated demo clinic."),
    "serve": ("securebase.cli.serve", "Serve the workbench with your own clinic."),
    "cohort": ("securebase.cli.cohort", "Write the table of a clinic and its data dictionary."),
    "study": ("securebase.cli.study", "Analyse a table of therapy sessions and write a study report."),
    "meta": ("securebase.cli.meta", "Combine the effects of several studies."),
    "fit": ("securebase.cli.fit", "Fit the model to a table."),
    "track": ("securebase.cli.track", "Track one client of a table: baseline, forecast, reliable change."),
    "simulate": ("securebase.cli.simulate", "Simulate a cohort from a known model."),
    "calibrate": ("securebase.cli.calibrate", "Compare simulated cohorts with published figures."),
    "power": ("securebase.cli.power", "Plan a study: power, precision and bias by simulation."),
    "score": ("securebase.cli.score", "Score responses to an instrument."),
    "instruments": ("securebase.cli.instruments", "List the instruments, or check an instrument file."),
    "worksheets": ("securebase.cli.worksheets", "List the worksheets, or check a worksheet file."),
    "parameters": ("securebase.cli.parameters", "Manage a clinic's fitted parameter sets."),
    "theory": ("securebase.cli.theory", "List and draw the effects that the theory claims."),
    "doctor": ("securebase.cli.doctor", "Check the installation."),
}


class _OneLineError(click.ClickException):
    """A usage error, printed on one line."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=file is None)


@contextmanager
def _report_on_one_line(group: click.Context | None = None) -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        # click leaves the context out of some errors about option values
        subcommand = f" {group.invoked_subcommand}" if group and group.invoked_subcommand else ""
        path = error.ctx.command_path if error.ctx else f"securebase{subcommand}"
        message = " ".join(error.format_message().split())
        message = message if message.endswith((".", "!", "?", ")")) else f"{message}."
        raise _OneLineError(f"{path}: {message} See {path} --help.") from None


class _Commands(click.Group):
    """A group that lists its commands without importing them."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _report_on_one_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _report_on_one_line(ctx):
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(COMMANDS[name][0]).command
        assert isinstance(command, click.Command)
        return command

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
    """Run the command line. An error is one line on stderr; exit code 2 for invalid input, 3 without an estimate."""
    try:
        cli(prog_name="securebase")
    except SecurebaseError as error:
        click.echo(f"securebase: {error}", err=True)
        sys.exit(3 if isinstance(error, NoEstimateError) else 2)
