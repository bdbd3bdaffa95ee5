"""Refused requests: error texts on forms and in messages, and edit conflicts.

When two people edit the same object, the later one keeps their input and saves again against the current version.
"""

from __future__ import annotations

from typing import Any, Protocol

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, QueryDict

from securebase.errors import ConflictError, InputError

_CONFLICT = "conflict"


def sentence(error: Exception) -> str:
    """Return an error's text with a capital letter; the text itself begins in lower case, for use after a prefix."""
    text = str(error)
    return text[:1].upper() + text[1:]


class Versioned(Protocol):
    """A row that counts its changes."""

    version: Any

    def refresh_from_db(self) -> None: ...


class refusal_on:  # noqa: N801 (used as a function, in `with`)
    """Show an InputError of the block on the form, which keeps its input, and go on after the block.

    row: what the form changes; after a conflict, the form carries its current version, so that saving again succeeds.
    field: the one that the error is about; by default it is shown at the top.
    """

    def __init__(self, form: BaseForm, *, row: Versioned | None = None, field: str | None = None) -> None:
        self.form, self.row, self.field = form, row, field

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if not isinstance(error, InputError):
            return False
        is_conflict = isinstance(error, ConflictError)
        code = _CONFLICT if is_conflict else "refused"
        self.form.add_error(self.field, ValidationError(sentence(error), code=code))
        if self.row is not None:
            self.row.refresh_from_db()
        if is_conflict and self.row is not None and isinstance(self.form.data, QueryDict):
            typed = self.form.data.copy()
            typed["version"] = str(self.row.version)
            self.form.data = typed
        return True


class refusal_as_message:  # noqa: N801 (used as a function, in `with`)
    """Show an InputError of the block as a message on the next page, and go on after the block."""

    def __init__(self, request: HttpRequest, *, before: str = "") -> None:
        self.request, self.before = request, before

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if not isinstance(error, InputError):
            return False
        messages.error(self.request, f"{self.before} {sentence(error)}".strip())
        return True


def error_status(error: Exception) -> int:
    """Return the status of a refused request: 409 for a conflict (RFC 9110, 15.5.10), else 400."""
    return 409 if isinstance(error, ConflictError) else 400


def form_status(*forms: BaseForm) -> int:
    """Return the status of a page with these forms: 200 without errors, 409 with a conflict, else 400."""
    if any(form.has_error(NON_FIELD_ERRORS, _CONFLICT) for form in forms if form.is_bound):
        return 409
    return 400 if any(form.errors for form in forms) else 200
