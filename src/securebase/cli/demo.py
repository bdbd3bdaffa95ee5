"""`securebase demo`: the workbench with a simulated clinic."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from securebase.cli.serve import configure, ready, serve
from securebase.errors import InputError

#: Marker file of a demo clinic: its directory holds simulated data only and may be deleted.
MARKER = "simulated-demo-clinic"
_MARKER_TEXT = "All data in this directory are simulated. The demo may delete and recreate it.\n"


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--data-dir",
    default="securebase-demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory of the demo clinic.",
)
@click.option("--fresh", is_flag=True, help="Delete the demo clinic and create a new one with today's dates.")
@click.option(
    "--clients",
    default=24,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Number of clients in a new demo clinic. Clients from the 25th on have other therapists.",
)
@click.option("--no-serve", is_flag=True, help="Create the demo clinic without serving it.")
def command(port: int, data_dir: Path, fresh: bool, clients: int, no_serve: bool) -> None:
    """Create a simulated demo clinic, and serve the workbench with it."""
    created_on = _prepare(data_dir, fresh)
    configure(host="127.0.0.1", data_dir=data_dir, demo=True)
    (data_dir / MARKER).touch(mode=0o600)
    click.echo("Opening the database …")
    ready()
    if created_on is None:
        _build(data_dir, clients)
    elif created_on != date.today():
        click.echo(
            f"This demo clinic was created on {created_on:%d %B %Y}. For today's dates run: securebase demo --fresh"
        )
    _report_clients(clients)
    if no_serve:
        click.echo(f"The demo clinic is in {data_dir}. Serve it with: securebase demo --data-dir {data_dir}")
        return
    _warm_up()
    serve("127.0.0.1", port, first_steps=_first_steps)


def _prepare(data_dir: Path, fresh: bool) -> date | None:
    """Return the day on which the demo clinic was created; None if it has to be created.

    Raises InputError for a directory that holds anything but a demo clinic.
    """
    marker = data_dir / MARKER
    if data_dir.exists() and any(data_dir.iterdir()) and not marker.exists():
        raise InputError(
            "the directory holds files that are not a demo clinic",
            where=str(data_dir),
            advice="Nothing was changed. Choose another --data-dir.",
        )
    lines = marker.read_text().splitlines() if marker.exists() else []
    if fresh or len(lines) < 2:
        # incomplete or no longer wanted; safe to delete, because all data are simulated
        shutil.rmtree(data_dir, ignore_errors=True)
        return None
    return date.fromisoformat(lines[0])


def _report_clients(wanted: int) -> None:
    """Say how many clients an existing demo clinic has, if another number was asked for."""
    from securebase.workbench.clients.models import Client

    number = Client.objects.unscoped(reason="counting the clients of the demo clinic").count()
    explicit = click.get_current_context().get_parameter_source("clients") is not ParameterSource.DEFAULT
    if explicit and number != wanted:
        click.echo(f"This demo clinic has {number} clients. Add --fresh to create one with {wanted}.")


def _build(data_dir: Path, clients: int) -> None:
    from django.utils import timezone
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from securebase.workbench.demo.actions import build_clinic

    now = timezone.now()
    columns = (TextColumn("{task.description:<20}"), BarColumn(), TextColumn("{task.completed} of {task.total}"))
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def progress(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=total)
            bars.update(tasks[label], completed=done)

        build_clinic(now=now, n_clients=clients, progress=progress)
        for task in tasks.values():
            bars.update(task, completed=bars.tasks[task].total or 0)
    (data_dir / MARKER).write_text(f"{date.today().isoformat()}\n{_MARKER_TEXT}")


def _warm_up() -> None:
    """Draw one client's chart, so that the first page does not wait for the chart library to load."""
    from django.utils import timezone

    from securebase.workbench.accounts.models import Account, Role
    from securebase.workbench.progress.queries import caseload, current_picture, drawing

    account = next((a for a in Account.objects.all() if a.has_role(Role.THERAPIST)), None)
    rows = caseload(account=account, now=timezone.now()).rows if account else ()
    if account is not None and rows and rows[0].episode is not None:
        episode = rows[0].episode
        picture = current_picture(episode=episode, as_of=timezone.now())
        drawing(account=account, client_id=episode.client_id, fingerprint=picture.fingerprint, name="symptoms_wide")


def _first_steps(address: str) -> None:
    from securebase.workbench.demo.actions import PASSWORD, USER_NAME

    click.echo()
    click.secho(f"The demo clinic is at {address}", bold=True)
    click.echo(f"Sign in as {USER_NAME} with the password {PASSWORD}. All data are simulated.")
    click.echo("Stop it with Ctrl+C.")
