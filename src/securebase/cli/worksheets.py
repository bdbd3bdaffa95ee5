"""`securebase worksheets`: the shelf of worksheets, and a check of a worksheet file."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from securebase.cli.shelf_check import check_files, unknown_keys
from securebase.ipt.shelf import DEFINITION, check_default_sources, load_behaviour, read_definition, worksheets
from securebase.ipt.sources import sources
from securebase.ipt.task import tasks
from securebase.model.theory import theory


@click.group("worksheets", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List the worksheets, or check a worksheet file."""
    if context.invoked_subcommand is None:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("ID", "Name", "Group", "Fields"):
            table.add_column(name, overflow="fold")
        for spec in worksheets().values():
            table.add_row(spec.id, spec.name, spec.group.label, str(len(spec.fields)))
        Console(highlight=False).print(table)


@command.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def check(*, files: tuple[Path, ...]) -> None:
    """Check worksheet files or folders: fields, defaults, behaviour; and the claims, tasks and sources they name."""
    check_files(files, _find_problems)


def _find_problems(path: Path) -> list[str]:
    path = path.parent if path.name == DEFINITION else path
    spec, file = read_definition(path), f"{path.name}/{DEFINITION}" if path.is_dir() else path.name
    check_default_sources(worksheets() | {spec.id: spec})
    load_behaviour(path)
    problems = [] if spec.teaches else [f"{file}, teaches: required field is missing."]
    problems += [] if spec.sources else [f"{file}, sources: required field is missing."]
    problems += unknown_keys(file, "claims", spec.claims, theory().claims)
    problems += unknown_keys(file, "tasks", spec.tasks, [task.id for task in tasks()])
    problems += unknown_keys(file, "sources", spec.sources, sources())
    return problems
