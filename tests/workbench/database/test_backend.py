"""The database on disk is unreadable without its key and writes safely."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction

from securebase.errors import InputError
from securebase.records.vocabulary import Moment
from securebase.workbench.audit.actions import record
from securebase.workbench.audit.queries import verify_chain
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.database.base import DatabaseWrapper, _ensure_safe
from securebase.workbench.database.keys import read_or_create_secret, read_secret, validate_key
from securebase.workbench.therapy_sessions.actions import create_session
from workbench.cast import NOON, answers, make_cast


@pytest.fixture(autouse=True)
def _own_databases(django_db_blocker: Any) -> Iterator[None]:
    """Allow tests to open databases in folders of their own."""
    with django_db_blocker.unblock():
        yield


def wrapper(folder: Path, **options: object) -> DatabaseWrapper:
    """Return a separate connection to a database in this folder."""
    database = dict(settings.DATABASES["default"])
    database |= {"NAME": folder / "own.db", "OPTIONS": database["OPTIONS"] | {"key_file": folder / "own.key"} | options}
    return DatabaseWrapper(connection.settings_dict | database, "own")


def create_database(folder: Path) -> Path:
    """Create a database with one row and close it; return its path."""
    database = wrapper(folder)
    with database.cursor() as cursor:
        cursor.execute("CREATE TABLE notes (word TEXT)")
        cursor.execute("INSERT INTO notes VALUES (%s)", ["confidential"])
    database.close()
    return folder / "own.db"


def test_plain_sqlite_cannot_open_it(tmp_path: Path) -> None:
    file = create_database(tmp_path)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        sqlite3.connect(file).execute("SELECT * FROM sqlite_master").fetchall()
    content = b"".join(f.read_bytes() for f in tmp_path.glob("own.db*"))
    assert b"confidential" not in content
    assert b"SQLite format" not in content


def test_the_database_of_the_tests_is_encrypted_too(db: None, tmp_path: Path) -> None:
    # a copy, because two SQLite libraries in one process would break each other's locks
    copy = shutil.copy(str(connection.settings_dict["NAME"]), tmp_path / "copy.db")
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(copy).execute("SELECT * FROM sqlite_master").fetchall()


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    create_database(tmp_path)
    second_connection = wrapper(tmp_path, key="ab" * 32)
    with pytest.raises(second_connection.Database.DatabaseError, match="not a database"):
        second_connection.connect()


def test_a_lost_key_is_not_replaced_by_a_new_one(tmp_path: Path) -> None:
    create_database(tmp_path)
    (tmp_path / "own.key").unlink()
    with pytest.raises(InputError, match="cannot read the key file"):
        wrapper(tmp_path).connect()
    assert not (tmp_path / "own.key").exists()


def test_only_the_owner_may_read_key_and_database(tmp_path: Path) -> None:
    create_database(tmp_path)
    for name in ("own.key", "own.db"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_connections_use_wal_full_sync_and_foreign_keys(tmp_path: Path) -> None:
    database = wrapper(tmp_path)
    with database.cursor() as cursor:
        result = {
            p: cursor.execute(f"PRAGMA {p}").fetchone()[0] for p in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert result == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_an_unsafe_connection_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="journal_mode"):
        wrapper(tmp_path, init_command="").connect()
    with pytest.raises(ImproperlyConfigured, match="no encryption"):
        _ensure_safe(sqlite3.connect(":memory:"))


def test_a_key_must_be_hexadecimal_and_errors_do_not_repeat_it() -> None:
    with pytest.raises(InputError) as caught:
        validate_key("my secret passphrase", source="SECUREBASE_DATABASE_KEY")
    assert "passphrase" not in str(caught.value)
    assert validate_key("AB" * 32, source="") == "ab" * 32


def test_a_secret_is_created_once(tmp_path: Path) -> None:
    first = read_or_create_secret(tmp_path / "new" / "a.key")
    assert read_or_create_secret(tmp_path / "new" / "a.key") == first == read_secret(tmp_path / "new" / "a.key")
    assert len(first) == 64


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_lose_no_row_and_keep_the_chain_intact() -> None:
    failures: list[BaseException] = []

    def write(thread: int) -> None:
        try:
            for n in range(15):
                with transaction.atomic():
                    record(actor=None, action="test", object_id=f"{thread}.{n}")
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    result = verify_chain()
    assert result.intact
    assert result.rows == 6 * 15


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_leaves_no_partial_check_in() -> None:
    cast = make_cast()
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    saved: list[int] = []

    def save_until_full() -> None:
        for number in range(2, 500):
            session = create_session(episode=cast.episode, by=cast.alma, number=number, held_at=NOON)
            check_in = invite_check_in(
                session=session, by=cast.alma, moment=Moment.BEFORE, mode=CheckInMode.LINK, at=NOON
            ).check_in
            record_check_in(check_in=check_in, responses=answers("session_before"), submission=str(number), at=NOON)
            saved.append(number)

    with pytest.raises(DatabaseError, match="full"):
        save_until_full()
    stored = cast.episode.administrations.all()
    assert stored.count() == len(saved)
    assert {a.responses.count() for a in stored} <= {11}
    assert verify_chain().intact
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_failed_transaction_releases_the_writer_lock() -> None:
    @transaction.atomic
    def fail() -> None:
        record(actor=None, action="test")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    finished = threading.Event()

    def write() -> None:
        with transaction.atomic():
            record(actor=None, action="test")
        connection.close()
        finished.set()

    threading.Thread(target=write).start()
    assert finished.wait(5)
    assert verify_chain().rows == 1
