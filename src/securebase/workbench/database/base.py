"""Django's SQLite backend on SQLCipher: the database file is unreadable without the key.

The key is raw, 256 random bits, so SQLCipher need not stretch a passphrase (PBKDF2) on every connection. Each new
connection checks that it is encrypted, uses a write-ahead log, syncs fully and enforces foreign keys: SQLite ignores
pragmas that it does not know, so a setting that failed looks like one that worked.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base as sqlite
from django.db.backends.sqlite3._functions import (  # type: ignore[import-untyped]
    register as register_functions,
)
from django.db.backends.sqlite3.creation import DatabaseCreation as SqliteCreation
from django.db.backends.sqlite3.features import DatabaseFeatures as SqliteFeatures
from sqlcipher3 import dbapi2 as Database  # noqa: N812 (Django's own name for it)

from securebase.workbench.database.keys import read_or_create_secret, read_secret, validate_key

#: One lock per database file. SQLite's busy handler polls and is unfair, so writers of this process queue here first.
_WRITER_LOCKS: dict[str, threading.Lock] = {}


class _Cursor(Database.Cursor):  # type: ignore[misc]
    """Cursor that converts Django's %s placeholders to SQLite's ?."""

    def execute(self, query: str, params: Any = None) -> Any:
        if params is None:
            return super().execute(query)
        names = list(params) if isinstance(params, Mapping) else None
        return super().execute(_convert_placeholders(query, names), params)

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        rows = list(param_list)
        names = list(rows[0]) if rows and isinstance(rows[0], Mapping) else None
        return super().executemany(_convert_placeholders(query, names), rows)


def _convert_placeholders(query: str, names: list[str] | None) -> str:
    if names is not None:
        return query % {name: f":{name}" for name in names}
    return sqlite.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class DatabaseFeatures(SqliteFeatures):
    """Differences from Python's own sqlite3."""

    # sqlcipher3 has no getlimit(); this is SQLite's default for SQLITE_LIMIT_VARIABLE_NUMBER.
    max_query_params = 32766


class DatabaseCreation(SqliteCreation):
    """Test databases are encrypted files, like the real one."""

    @staticmethod
    def is_in_memory_db(database_name: str | os.PathLike[str]) -> bool:
        return False

    def _get_test_db_name(self) -> str:
        name = self.connection.settings_dict["TEST"]["NAME"]
        if not name:
            raise ImproperlyConfigured(
                "TEST['NAME'] is empty. Set it to a file: encrypted test databases cannot live in memory."
            )
        return str(name)


class DatabaseWrapper(sqlite.DatabaseWrapper):
    """One encrypted connection. OPTIONS accept `key` (hexadecimal) or `key_file` in addition to those of SQLite."""

    Database = Database
    features_class = DatabaseFeatures
    creation_class = DatabaseCreation
    display_name = "SQLCipher"
    init_commands: list[str]
    _holds_writer_lock = False

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params["database"] = str(params["database"])
        params["detect_types"] = Database.PARSE_DECLTYPES | Database.PARSE_COLNAMES
        # no SQLite URIs: file:…?mode=memory would open a database without an encrypted file
        params.pop("uri", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        params = dict(conn_params)
        key = _key(params.pop("key", ""), params.pop("key_file", None), Path(params["database"]))
        new = not Path(params["database"]).exists()
        connection = Database.connect(**params)
        if new:
            # SQLite creates the file with the umask's mode; only its owner may read it
            Path(params["database"]).chmod(0o600)
        # errors are raised as exceptions; SQLCipher would also print them to stderr
        connection.execute("PRAGMA cipher_log_level = NONE")
        # The key must be set before anything is read. A pragma takes no parameters; `validate_key` admits only
        # hexadecimal digits, so nothing can be injected here.
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
        register_functions(connection)
        for command in ("PRAGMA foreign_keys = ON", "PRAGMA legacy_alter_table = OFF", *self.init_commands):
            if command.strip():
                connection.execute(command)
        _ensure_safe(connection)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=_Cursor)

    def _writer_lock(self) -> threading.Lock:
        return _WRITER_LOCKS.setdefault(str(self.settings_dict["NAME"]), threading.Lock())

    def _start_transaction_under_autocommit(self) -> None:
        timeout = float(self.settings_dict["OPTIONS"].get("timeout", 5.0))
        # after a timeout SQLite's own lock decides, and raises “database is locked” if it is taken
        self._holds_writer_lock = self._writer_lock().acquire(timeout=timeout)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._release_writer_lock()
            raise

    def _release_writer_lock(self) -> None:
        if self._holds_writer_lock:
            self._holds_writer_lock = False
            self._writer_lock().release()

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            if not self.in_atomic_block or self.connection is None or not self.connection.in_transaction:
                self._release_writer_lock()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._release_writer_lock()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._release_writer_lock()


def _key(key: str, key_file: str | Path | None, database: Path) -> str:
    """Return the raw key; create a missing key file only if there is no database.

    A new key could never open an existing one.
    """
    if key:
        return validate_key(key, source="SECUREBASE_DATABASE_KEY")
    if not key_file:
        raise ImproperlyConfigured("The encrypted database has no key. Set OPTIONS['key'] or OPTIONS['key_file'].")
    path = Path(key_file)
    if database.exists() and database.stat().st_size:
        return read_secret(path)
    return read_or_create_secret(path)


def _ensure_safe(connection: Any) -> None:
    """Raise ImproperlyConfigured unless the connection is encrypted and its pragmas took effect."""
    if not connection.execute("PRAGMA cipher_version").fetchone():
        raise ImproperlyConfigured("This SQLite library has no encryption. Install sqlcipher3.")
    for pragma, expected in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
        value = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
        if value != expected:
            raise ImproperlyConfigured(
                f"PRAGMA {pragma} must be {expected} (got {value}). Check DATABASES['default']['OPTIONS']."
            )
