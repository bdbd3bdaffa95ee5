"""`securebase serve` as a process: creates its data, serves the first page, refuses unsafe options."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("django", reason="the workbench is not installed")
sqlcipher3 = pytest.importorskip("sqlcipher3", reason="the workbench is not installed")

RUN = [sys.executable, "-c", "from securebase.cli.main import main; main()", "serve"]


def environment() -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SECUREBASE_", "DJANGO_"))}
    return inherited | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PYTHONUNBUFFERED": "1"}


def error_line(*options: str) -> str:
    completed = subprocess.run([*RUN, *options], capture_output=True, text=True, env=environment(), check=False)
    assert completed.returncode == 2
    assert len(completed.stderr.strip().splitlines()) == 1
    return completed.stderr


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, list[str]]]:
    """Yield address, data directory and the first printed lines of a running server, which the tests do not change."""
    data = tmp_path_factory.mktemp("served") / "clinic"
    process = subprocess.Popen(
        [*RUN, "--port", "0", "--data-dir", str(data)], stdout=subprocess.PIPE, text=True, env=environment()
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]
    address = lines[0].split()[-1]
    yield address, data, lines
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0


def test_an_empty_clinic_is_served_with_first_steps(served: tuple[str, Path, list[str]]) -> None:
    address, data, lines = served
    assert lines[0].startswith("Securebase is running at http://localhost:")
    assert "create the first account" in lines[1]
    page = urllib.request.urlopen(address).read().decode()
    assert "Create the first account" in page
    sheet = urllib.request.urlopen(address + "static/ui/style.css")
    assert sheet.headers["Content-Type"].startswith("text/css")
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for name in ("database.key", "secret.key", "securebase.db"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600


def test_an_unknown_host_and_an_oversized_form_are_refused(served: tuple[str, Path, list[str]]) -> None:
    address, *_ = served
    for request in (
        urllib.request.Request(address, headers={"Host": "evil.example"}),
        urllib.request.Request(address + "welcome/", data=b"x" * 2_000_000),
    ):
        with pytest.raises((urllib.error.HTTPError, ConnectionError, urllib.error.URLError)) as caught:
            urllib.request.urlopen(request)
        if isinstance(caught.value, urllib.error.HTTPError):
            assert caught.value.code in {400, 403, 413}


@pytest.fixture
def data_copy(served: tuple[str, Path, list[str]], tmp_path: Path) -> Path:
    """Return a copy of the running server's data, as after a power cut."""
    return Path(shutil.copytree(served[1], tmp_path / "clinic"))


def test_a_port_in_use_is_reported_on_one_line(data_copy: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert f"cannot listen on port {port}" in error_line("--port", str(port), "--data-dir", str(data_copy))


def test_network_access_needs_an_option() -> None:
    assert "--allow-network" in error_line("--host", "0.0.0.0")


def test_an_address_is_https() -> None:
    assert "https://" in error_line("--address", "http://clinic.example")


def test_a_data_directory_that_cannot_be_created_is_reported_on_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot create the data directory" in error_line("--data-dir", str(tmp_path / "file" / "clinic"))


def test_a_wrong_key_is_reported_on_one_line_and_changes_nothing(data_copy: Path) -> None:
    key = (data_copy / "database.key").read_text().strip()
    before = contents(data_copy / "securebase.db", key)
    assert before
    (data_copy / "database.key").write_text("ab" * 32)
    assert "Check the key file" in error_line("--port", "0", "--data-dir", str(data_copy))
    # compare contents, not bytes: closing a database may move its write-ahead log into it without a key
    assert contents(data_copy / "securebase.db", key) == before


def contents(database: Path, key: str) -> list[tuple[object, ...]]:
    """Return every row of every table; damaged pages fail the test."""
    connection = sqlcipher3.connect(str(database))
    connection.execute(f"PRAGMA key = \"x'{key}'\"")
    assert connection.execute("PRAGMA cipher_integrity_check").fetchall() == []
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    rows = [(name, *row) for (name,) in tables for row in connection.execute(f'SELECT * FROM "{name}"')]
    connection.close()
    return rows


def test_an_upgrade_backs_up_the_database(tmp_path: Path) -> None:
    """A database that lacks the last migration is upgraded, and a backup of it is kept."""
    undo = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0); call_command('migrate', 'audit', '0001', verbosity=0)"
    )
    settings = {"DJANGO_SETTINGS_MODULE": "securebase.workbench.settings", "SECUREBASE_DATA_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", undo], env=environment() | settings, check=True)
    wording = tmp_path / "wordings" / "phq9" / "en-1.json"
    wording.parent.mkdir(parents=True)
    wording.write_text("{}")
    process = subprocess.Popen(
        [*RUN, "--port", "0", "--data-dir", str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment()
    )
    assert process.stdout is not None
    result = process.stdout.readline()
    process.terminate()
    process.wait()
    copies = list(tmp_path.glob("securebase-before-*.db"))
    assert len(copies) == 1
    assert str(copies[0]) in result
    assert (tmp_path / f"{copies[0].stem}-wordings" / "phq9" / "en-1.json").read_text() == "{}"
    assert not copies[0].read_bytes().startswith(b"SQLite format")
