"""Deny by default: a query for client data raises until it names the account that reads.

Every read starts from `visible_to(account)`; a query without a scope is an error and never means “everything” (ASVS
4.0.3, V4.1.3 and V4.1.5). Related rows of an object in scope (`client.episodes`) are in scope too.
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
        """Return the rows this account may see: a therapist's own clients, nothing for everybody else.

        Raises NotPermittedError without an account, or for one that is no longer active.
        """
        if not isinstance(account, Account) or not account.is_active:
            raise NotPermittedError(f"{self.model.__name__} was queried without an active account")
        path: str = getattr(self.model, "THERAPIST_PATH")  # noqa: B009 (every scoped model has it; a test checks)
        scoped = self.filter(**{path: account}) if account.has_role(Role.THERAPIST) else self.none()
        scoped._in_scope = True
        return scoped

    def unscoped(self, *, reason: str) -> Self:
        """Return rows of every client, for the workbench's own work (a client's link, the demo clinic).

        The reason is not stored. It makes every unscoped read justify itself at the place where a reviewer finds it.
        """
        if not reason:
            raise NotPermittedError(f"{self.model.__name__}.unscoped() needs a reason")
        rows = self.all()
        rows._in_scope = True
        return rows

    def _clone(self) -> Self:
        # every chained call (filter, order_by, …) clones the query set and must keep its scope
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._in_scope = self._in_scope
        return clone

    def _ensure_scope(self) -> None:
        # A related manager (`client.episodes`) passes its instance as a hint; that instance was read within a scope.
        if not self._in_scope and "instance" not in getattr(self, "_hints", {}):
            raise NotPermittedError(
                f"{self.model.__name__} was queried without a scope", advice="Start from visible_to(account)."
            )

    # Every method below reaches the database without going through another guarded one.
    def _fetch_all(self) -> None:
        self._ensure_scope()
        super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        self._ensure_scope()
        return super().iterator(chunk_size)

    def count(self) -> int:
        self._ensure_scope()
        return super().count()

    def exists(self) -> bool:
        self._ensure_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._ensure_scope()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._ensure_scope()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._ensure_scope()
        return super().delete()


ScopedManager = models.Manager.from_queryset(ScopedQuerySet)


class ScopedModel(models.Model):
    """A table with client data. `THERAPIST_PATH` is the lookup from it to the therapist who may see the row."""

    THERAPIST_PATH: ClassVar[str]
    objects = ScopedManager()

    class Meta:
        abstract = True
