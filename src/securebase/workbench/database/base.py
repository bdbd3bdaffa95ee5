"""Django's SQLite backend, speaking to SQLCipher: the file on disk is unreadable without the key.

The key is raw (no passphrase to stretch on every connection). Every connection asserts that it is encrypted, keeps a
write-ahead log, syncs fully and enforces foreign keys, because a setting that is silently off looks like one that is
on.
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

#: One lock per database file: SQLite's own busy wait is unfair, so writers of this process queue here instead.
_WRITERS: dict[str, threading.Lock] = {}


class _Cursor(Database.Cursor):  # type: ignore[misc]
    """Django writes %s, SQLite reads ?."""

    def execute(self, query: str, params: Any = None) -> Any:
        if params is None:
            return super().execute(query)
        names = list(params) if isinstance(params, Mapping) else None
        return super().execute(_marks(query, names), params)

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        rows = list(param_list)
        names = list(rows[0]) if rows and isinstance(rows[0], Mapping) else None
        return super().executemany(_marks(query, names), rows)


def _marks(query: str, names: list[str] | None) -> str:
    if names is not None:
        return query % {name: f":{name}" for name in names}
    return sqlite.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class DatabaseFeatures(SqliteFeatures):
    """What differs from Python's own sqlite3."""

    # SQLCipher's Python module cannot be asked for its limits; this is SQLite's own default.
    max_query_params = 32766


class DatabaseCreation(SqliteCreation):
    """Test databases are files, and encrypted, like the real one."""

    @staticmethod
    def is_in_memory_db(database_name: str | os.PathLike[str]) -> bool:
        return False

    def _get_test_db_name(self) -> str:
        name = self.connection.settings_dict["TEST"]["NAME"]
        if not name:
            raise ImproperlyConfigured("The encrypted database needs TEST['NAME']: a file for the tests.")
        return str(name)


class DatabaseWrapper(sqlite.DatabaseWrapper):
    """One encrypted connection. OPTIONS take `key` (hexadecimal) or `key_file` besides those of SQLite."""

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
        # an address such as file:…?mode=memory is no file with a key
        params.pop("uri", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        params = dict(conn_params)
        key = _key(params.pop("key", ""), params.pop("key_file", None), Path(params["database"]))
        new = not Path(params["database"]).exists()
        connection = Database.connect(**params)
        if new:
            Path(params["database"]).chmod(0o600)
        # what goes wrong is raised as an error; SQLCipher would print it as well
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
        register_functions(connection)
        for command in ("PRAGMA foreign_keys = ON", "PRAGMA legacy_alter_table = OFF", *self.init_commands):
            if command.strip():
                connection.execute(command)
        _assert_safe(connection)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=_Cursor)

    def _writer_lock(self) -> threading.Lock:
        return _WRITERS.setdefault(str(self.settings_dict["NAME"]), threading.Lock())

    def _start_transaction_under_autocommit(self) -> None:
        timeout = float(self.settings_dict["OPTIONS"].get("timeout", 5.0))
        # where the wait runs out, SQLite's own lock decides and says that the database is busy
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
    """The raw key. A missing key file is only made where there is no database yet that it could belong to."""
    if key:
        return validate_key(key, where="SECUREBASE_DATABASE_KEY")
    if not key_file:
        raise ImproperlyConfigured("The encrypted database needs a key: OPTIONS['key'] or OPTIONS['key_file'].")
    path = Path(key_file)
    if database.exists() and database.stat().st_size:
        return read_secret(path)
    return read_or_create_secret(path)


def _assert_safe(connection: Any) -> None:
    """Raises where the connection is not what its settings promise."""
    if not connection.execute("PRAGMA cipher_version").fetchone():
        raise ImproperlyConfigured("This SQLite cannot encrypt. Install sqlcipher3.")
    for pragma, wanted in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
        found = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
        if found != wanted:
            raise ImproperlyConfigured(f"The database runs with {pragma} = {found}, not {wanted}.")
