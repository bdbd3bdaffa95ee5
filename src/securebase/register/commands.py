"""Runs a command of the command line in this process, once for the same words, and returns what it prints."""

from __future__ import annotations

from functools import cache

from click.testing import CliRunner

from securebase.cli.main import cli


@cache
def run_command(*words: str) -> str:
    """Return what a command prints. Raises the error that ended it, if one did."""
    result = CliRunner().invoke(cli, words, prog_name="securebase", catch_exceptions=False)
    if result.exit_code:
        raise SystemExit(result.stderr)
    return result.stdout
