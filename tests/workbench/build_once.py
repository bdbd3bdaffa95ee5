"""Rows that many tests begin with, built once a process."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from typing import TypeVar

from django.apps import apps
from django.db import connection, transaction

Built = TypeVar("Built")


def build_once(build: Callable[[], Built]) -> Callable[[], Built]:
    """Let a function that fills an empty database run once; later calls insert its rows again and return equal objects.

    The workbench's own actions take much longer, because they check, audit and save row by row.
    """
    snapshots: list[tuple[list[str], bytes]] = []

    @functools.wraps(build)
    def fill() -> Built:
        if not snapshots:
            assert not rows_as_statements(), "the database is not empty"
            with transaction.atomic():
                result = build()
            snapshots.append((rows_as_statements(), pickle.dumps(result)))
            return result
        inserts, pickled = snapshots[0]
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in inserts:
                cursor.execute(statement)
        return pickle.loads(pickled)  # type: ignore[no-any-return]

    return fill


def rows_as_statements() -> list[str]:
    """Return a statement for each row of the workbench's tables."""
    models = [m for m in apps.get_models(include_auto_created=True) if m.__module__.startswith("securebase.")]
    statements = []
    with connection.cursor() as cursor:
        for table in sorted({model._meta.db_table for model in models}):
            cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')
            values = " || ', ' || ".join(f'quote("{column[0]}")' for column in cursor.description)
            cursor.execute(f'SELECT {values} FROM "{table}" ORDER BY rowid')
            statements += [f'INSERT INTO "{table}" VALUES ({row[0]})' for row in cursor.fetchall()]
    return statements
