"""Checks of shelf files that an author has written: one line a problem, exit code 2 if there is one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

from securebase.errors import SecurebaseError


def check_files(files: Sequence[Path], find_problems: Callable[[Path], Iterable[str]]) -> None:
    """Print every problem of the files or folders, and end with exit code 2 if there is one."""
    failed = False
    for file in files:
        try:
            problems = list(find_problems(file))
        except SecurebaseError as error:
            problems = [str(error)]
        failed = failed or bool(problems)
        for problem in problems:
            click.echo(problem, err=True)
        if not problems:
            click.echo(f"{file.name}: valid.")
    if failed:
        sys.exit(2)


def unknown_keys(file: str, field: str, keys: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return one problem for each key that the field must not hold."""
    names = list(known)
    return [f"{file}, {field}: unknown key “{key}”." for key in keys if key not in names]
