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
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Database and keys. [default: securebase-data]"
)
@click.option("--address", help="Public https address of the clinic; links for clients begin with it.")
@click.option("--allow-network", is_flag=True, help="Needed to listen on anything but this machine.")
def command(host: str, port: int, data_dir: Path | None, address: str | None, allow_network: bool) -> None:
    """Serve the workbench with your own clinic."""
    _refuse_open_network(host, allow_network)
    if address and not address.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        raise InputError("the address must begin with https://", where="--address")
    configure(host=host, data_dir=data_dir, address=address)
    ready()
    serve(host, port, first_steps=_first_steps)


def _refuse_open_network(host: str, allow_network: bool) -> None:
    if is_loopback(host) or allow_network:
        return
    raise InputError(
        f"{host} can be reached from other machines, and this server does not encrypt what it sends",
        where="--host",
        advice="Put a server that speaks https in front of it, then add --allow-network.",
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def configure(*, host: str, data_dir: Path | None = None, address: str | None = None, demo: bool = False) -> None:
    """Put what was asked for where the settings read it, and make the data directory, for its owner only.

    Raises InputError where the directory cannot be made or written.
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
        raise InputError("the data directory cannot be made", where=str(folder), advice=f"({error.strerror})") from None
    if not os.access(folder, os.W_OK):
        raise InputError("the data directory cannot be written", where=str(folder), advice="Choose another one.")


def ready() -> None:
    """Load Django, bring the database up to date (a copy is kept before an upgrade) and check it.

    Raises InputError where the workbench is not installed, or the database does not open with its key.
    """
    try:
        import django
        from django.core.management import call_command
        from django.db import DatabaseError, connection
    except ModuleNotFoundError:
        raise InputError(
            "the workbench is not installed", advice="Install it with: pip install 'securebase[workbench]'"
        ) from None
    django.setup()
    database = Path(connection.settings_dict["NAME"])
    try:
        connection.ensure_connection()
        copy = _copy_before_upgrade(database)
        call_command("migrate", verbosity=0)
    except DatabaseError as error:
        advice = "Is it the right key file? Nothing was changed."
        raise InputError(f"the database cannot be opened ({error})", where=str(database), advice=advice) from None
    if copy:
        click.echo(f"The database was brought up to date; as it was before, it is in {copy}")
    call_command("check", stdout=StringIO())
    call_command("clearsessions", verbosity=0)
    _say_whether_the_audit_trail_is_whole()


def _copy_before_upgrade(database: Path) -> Path | None:
    """A copy of a database that an upgrade is about to change; it needs the same key."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not behind or not executor.loader.applied_migrations:
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = database.with_name(f"{database.stem}-before-{datetime.now():%Y%m%d-%H%M%S}{database.suffix}")
    shutil.copy2(database, copy)
    copy.chmod(0o600)
    return copy


def _say_whether_the_audit_trail_is_whole() -> None:
    from securebase.workbench.audit.queries import verify_chain

    result = verify_chain()
    if not result.intact:
        click.secho(f"The audit trail is broken at row {result.first_bad}: {result.reason}.", fg="red", err=True)


def serve(host: str, port: int, *, first_steps: Any) -> None:
    """Listen until stopped. `first_steps` is called with the address and says what to do first."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

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
            f"port {port} cannot be used ({error.strerror or error})", where="--port", advice="Choose another port."
        ) from None
    name = "localhost" if is_loopback(host) else host
    first_steps(f"http://{name}:{server.effective_port}/")
    signal.signal(signal.SIGTERM, _stop)
    server.run()


def _stop(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _first_steps(address: str) -> None:
    from django.conf import settings

    from securebase.workbench.accounts.access import set_up_code
    from securebase.workbench.accounts.queries import clinic_is_empty

    click.echo(f"Securebase is at {address}")
    if not clinic_is_empty():
        click.echo("Sign in there. Stop it with Ctrl+C.")
    elif is_loopback_address(address) and not settings.ADDRESS:
        click.echo("The clinic is empty: open the address and make the first account. Stop it with Ctrl+C.")
    else:
        click.echo("The clinic is empty: open the address and make the first account.")
        click.echo(f"From another machine that needs this set-up code: {set_up_code()}")
    if Path(settings.DATABASE_KEY_FILE).parent == Path(settings.DATA_DIR) and not settings.DATABASE_KEY:
        click.echo(
            f"Database and key lie in {settings.DATA_DIR}. Keep a copy of the key apart from copies of the data."
        )


def is_loopback_address(address: str) -> bool:
    """The same for an address as it is printed."""
    return "//localhost:" in address
