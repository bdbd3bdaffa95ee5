"""`securebase demo`: the workbench with a simulated clinic, ready to be walked through."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import click

from securebase.cli.serve import configure, ready, serve
from securebase.errors import InputError

#: In the directory of every demo clinic: what lies there is invented and may be thrown away.
MARK = "simulated-demo-clinic"
_MARK_TEXT = "Everyone in this directory's database is invented. The demo may delete it and make it anew.\n"


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--data-dir",
    default="securebase-demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo clinic lives.",
)
@click.option("--fresh", is_flag=True, help="Throw the demo clinic away and make it anew, with today's dates.")
def command(port: int, data_dir: Path, fresh: bool) -> None:
    """Serve the workbench with a simulated demo clinic: 24 invented clients in every state of trouble."""
    made_on = _prepare(data_dir, fresh)
    configure(host="127.0.0.1", data_dir=data_dir, demo=True)
    (data_dir / MARK).touch(mode=0o600)
    click.echo("Opening the database …")
    ready()
    if made_on is None:
        _build(data_dir)
    elif made_on != date.today():
        click.echo(
            f"This demo clinic was made on {made_on:%d %B %Y}. For one with today's dates: securebase demo --fresh"
        )
    _warm_up()
    serve("127.0.0.1", port, first_steps=_first_steps)


def _prepare(data_dir: Path, fresh: bool) -> date | None:
    """The day on which the clinic in the directory was made; None where one has to be made.

    Raises InputError for a directory that holds anything that is no demo clinic.
    """
    mark = data_dir / MARK
    if data_dir.exists() and any(data_dir.iterdir()) and not mark.exists():
        raise InputError(
            "this directory holds something that is not a demo clinic",
            where=str(data_dir),
            advice="Nothing was touched. Choose another --data-dir.",
        )
    made = mark.read_text().splitlines() if mark.exists() else []
    if fresh or len(made) < 2:
        # unfinished, or to be made anew: everyone in it is invented
        shutil.rmtree(data_dir, ignore_errors=True)
        return None
    return date.fromisoformat(made[0])


def _build(data_dir: Path) -> None:
    from django.utils import timezone
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from securebase.workbench.demo.actions import build_clinic

    now = timezone.now()
    columns = (TextColumn("{task.description:<20}"), BarColumn(), TextColumn("{task.completed} of {task.total}"))
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done)

        build_clinic(now=now, progress=progress)
        for task in tasks.values():
            bars.update(task, completed=bars.tasks[task].total or 0)
    (data_dir / MARK).write_text(f"{date.today().isoformat()}\n{_MARK_TEXT}")


def _warm_up() -> None:
    """Draw one client's chart, so that the first page does not wait for the chart library to load."""
    from django.utils import timezone

    from securebase.workbench.accounts.models import Account, Role
    from securebase.workbench.progress.queries import caseload, current_picture, drawing

    account = next((a for a in Account.objects.all() if a.has_role(Role.THERAPIST)), None)
    rows = caseload(account=account, now=timezone.now()).rows if account else ()
    if account is not None and rows and rows[0].episode is not None:
        episode = rows[0].episode
        made = current_picture(episode=episode, as_of=timezone.now())
        drawing(account=account, client_id=episode.client_id, fingerprint=made.fingerprint, name="symptoms_wide")


def _first_steps(address: str) -> None:
    from securebase.workbench.demo.actions import PASSWORD, USER_NAME

    click.echo()
    click.secho(f"The demo clinic is at {address}", bold=True)
    click.echo(f"Sign in as {USER_NAME} with the password {PASSWORD}. Everyone in it is simulated.")
    click.echo("Stop it with Ctrl+C.")
