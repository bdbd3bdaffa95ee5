"""Deny by default: a table of client data cannot be read without saying who is reading.

Every read starts from `visible_to(account)`. A query that names nobody raises, instead of meaning “everything”. From an
object that was reached that way, its own rows (`client.episodes`) are in reach too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Self, TypeVar

from django.db import models

from securebase.errors import NotPermittedError
from securebase.workbench.accounts.models import Account, Role

M = TypeVar("M", bound=models.Model, covariant=True)


class ScopedQuerySet(models.QuerySet[M]):
    """A query set that refuses to read, count, change or delete until it has a scope."""

    _in_scope = False

    def visible_to(self, account: object) -> Self:
        """What this account may see: a therapist their own clients' rows, everybody else nothing.

        Raises NotPermittedError where there is nobody, or the account is no longer active.
        """
        if not isinstance(account, Account) or not account.is_active:
            raise NotPermittedError(f"{self.model.__name__} was asked for without an account")
        path: str = getattr(self.model, "THERAPIST_PATH")  # noqa: B009 (every scoped model has it; a test asks)
        found = self.filter(**{path: account}) if account.has_role(Role.THERAPIST) else self.none()
        found._in_scope = True
        return found

    def unscoped(self, *, reason: str) -> Self:
        """Rows of every client, for the workbench's own work (a client's link, the demo clinic). Says why."""
        if not reason:
            raise NotPermittedError(f"{self.model.__name__} was asked for without a reason")
        found = self.all()
        found._in_scope = True
        return found

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._in_scope = self._in_scope
        return clone

    def _ask(self) -> None:
        # reached through a row that was in scope: Django hands that row on as a hint
        if not self._in_scope and "instance" not in getattr(self, "_hints", {}):
            raise NotPermittedError(
                f"{self.model.__name__} was asked for without a scope", advice="Start from visible_to(account)."
            )

    def _fetch_all(self) -> None:
        self._ask()
        super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        self._ask()
        return super().iterator(chunk_size)

    def count(self) -> int:
        self._ask()
        return super().count()

    def exists(self) -> bool:
        self._ask()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._ask()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._ask()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._ask()
        return super().delete()


ScopedManager = models.Manager.from_queryset(ScopedQuerySet)


class ScopedModel(models.Model):
    """A table that holds client data. `THERAPIST_PATH` leads from it to the therapist who may see it."""

    THERAPIST_PATH: ClassVar[str]
    objects = ScopedManager()

    class Meta:
        abstract = True
