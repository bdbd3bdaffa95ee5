"""`securebase serve`: the workbench with your own clinic."""

from __future__ import annotations

import ipaddress
import os
import shutil
import signal
import sys
from datetime import datetime
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

import click

from securebase.errors import InputError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Database and keys. [default: securebase-data]"
)
@click.option("--address", help="Public https address of the clinic, used in links for clients.")
@click.option("--allow-network", is_flag=True, help="Allow connections from other machines.")
def command(host: str, port: int, data_dir: Path | None, address: str | None, allow_network: bool) -> None:
    """Serve the workbench with your own clinic."""
    _refuse_open_network(host, allow_network)
    if address and not address.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        raise InputError(f"the address must begin with https:// (got “{address}”)", where="--address")
    configure(host=host, data_dir=data_dir, address=address)
    ready()
    serve(host, port, first_steps=_first_steps)


def _refuse_open_network(host: str, allow_network: bool) -> None:
    if is_loopback(host) or allow_network:
        return
    raise InputError(
        f"{host} is reachable from other machines, but this server does not encrypt connections",
        where="--host",
        advice="Put an https reverse proxy in front of it, then add --allow-network.",
    )


def is_loopback(host: str) -> bool:
    """Return True if only this machine can reach the host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def configure(*, host: str, data_dir: Path | None = None, address: str | None = None, demo: bool = False) -> None:
    """Set the environment variables that the settings read, and create the data directory for its owner only.

    Raises InputError if the directory cannot be created or written.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = "securebase.workbench.settings"
    if data_dir is not None:
        os.environ["SECUREBASE_DATA_DIR"] = str(data_dir)
    if address is not None:
        os.environ["SECUREBASE_ADDRESS"] = address
    if demo:
        os.environ["SECUREBASE_DEMO"] = "1"
    if not is_loopback(host) and host not in {"0.0.0.0", "::"}:  # noqa: S104 (compared, not bound)
        os.environ["SECUREBASE_ALLOWED_HOSTS"] = f"{os.environ.get('SECUREBASE_ALLOWED_HOSTS', '')} {host}".strip()
    folder = Path(os.environ.get("SECUREBASE_DATA_DIR", "securebase-data"))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InputError(
            f"cannot create the data directory ({error.strerror})",
            where=str(folder),
            advice="Choose another --data-dir.",
        ) from None
    if not os.access(folder, os.W_OK):
        raise InputError("the data directory is not writable", where=str(folder), advice="Choose another --data-dir.")


def ready() -> None:
    """Load Django, migrate the database (with a backup before an upgrade) and check it.

    Raises InputError if the workbench is not installed, or the key does not open the database.
    """
    try:
        import django
        from django.core.management import call_command
        from django.db import DatabaseError, connection
    except ModuleNotFoundError:
        raise InputError(
            "the workbench is not installed", advice="Install it: pip install 'securebase[workbench]'"
        ) from None
    django.setup()
    database = Path(connection.settings_dict["NAME"])
    try:
        connection.ensure_connection()
        backup = _back_up_before_upgrade(database)
        call_command("migrate", verbosity=0)
    except DatabaseError as error:
        advice = "Check the key file. Nothing was changed."
        raise InputError(f"cannot open the database ({error})", where=str(database), advice=advice) from None
    if backup:
        click.echo(f"The database was upgraded. Backup of the previous version: {backup}")
    call_command("check", stdout=StringIO())
    call_command("clearsessions", verbosity=0)
    _report_audit_trail()


def _back_up_before_upgrade(database: Path) -> Path | None:
    """Copy the database, and the wordings that its answers name, if migrations are pending. It needs the same key."""
    from django.conf import settings
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not pending or not executor.loader.applied_migrations:
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = database.with_name(f"{database.stem}-before-{datetime.now():%Y%m%d-%H%M%S}{database.suffix}")
    shutil.copy2(database, backup)
    backup.chmod(0o600)
    if settings.WORDINGS.is_dir():
        shutil.copytree(settings.WORDINGS, backup.with_name(f"{backup.stem}-wordings"))
    return backup


def _report_audit_trail() -> None:
    """Print a warning if the audit trail is broken."""
    from securebase.workbench.audit.queries import verify_chain

    result = verify_chain()
    if not result.intact:
        click.secho(f"The audit trail is broken at row {result.first_bad}: {result.reason}.", fg="red", err=True)


def serve(host: str, port: int, *, first_steps: Any) -> None:
    """Listen until stopped. `first_steps` receives the address and prints the first steps."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

    from securebase.workbench.jobs.worker import Worker

    proxy = {}
    if settings.TRUSTED_PROXY:
        proxy = {
            "trusted_proxy": settings.TRUSTED_PROXY,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        }
    try:
        server = create_server(
            get_wsgi_application(), host=host, port=port, threads=8, ident=None, max_request_body_size=2**20, **proxy
        )
    except OSError as error:
        raise InputError(
            f"cannot listen on port {port} ({error.strerror or error})", where="--port", advice="Choose another port."
        ) from None
    name = "localhost" if is_loopback(host) else host
    first_steps(f"http://{name}:{server.effective_port}/")
    signal.signal(signal.SIGTERM, _stop)
    worker = Worker()
    worker.start()
    try:
        server.run()
    finally:
        worker.stop()


def _stop(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _first_steps(address: str) -> None:
    from django.conf import settings

    from securebase.workbench.accounts.access import set_up_code
    from securebase.workbench.accounts.queries import clinic_is_empty

    click.echo(f"Securebase is running at {address}")
    if not clinic_is_empty():
        click.echo("Open it and sign in. Stop it with Ctrl+C.")
    elif is_loopback_address(address) and not settings.ADDRESS:
        click.echo("The clinic is empty: open the address and create the first account. Stop it with Ctrl+C.")
    else:
        click.echo("The clinic is empty: open the address and create the first account.")
        click.echo(f"From another machine you need this set-up code: {set_up_code()}")
    if Path(settings.DATABASE_KEY_FILE).parent == Path(settings.DATA_DIR) and not settings.DATABASE_KEY:
        click.echo(
            f"Database and key are in {settings.DATA_DIR}. Store a copy of the key separately from copies of the data."
        )


def is_loopback_address(address: str) -> bool:
    """Return True if a printed address points to this machine."""
    return "//localhost:" in address
