"""Error texts on forms, and edit conflicts.

When two people edit the same object, the later one keeps their input and saves again against the current version.
"""

from __future__ import annotations

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import BaseForm
from django.http import QueryDict

from securebase.errors import ConflictError

_CONFLICT = "conflict"


def sentence(error: Exception) -> str:
    """Return an error's text with a capital letter; the text itself begins in lower case, for use after a prefix."""
    text = str(error)
    return text[:1].upper() + text[1:]


def keep_input(form: BaseForm, error: Exception, *, version: int | None = None) -> None:
    """Show the error at the top of the form and keep the input.

    After a conflict, the form carries the current `version`, so that saving again succeeds.
    """
    conflict = isinstance(error, ConflictError)
    form.add_error(None, ValidationError(sentence(error), code=_CONFLICT if conflict else "refused"))
    if conflict and version is not None and isinstance(form.data, QueryDict):
        typed = form.data.copy()
        typed["version"] = str(version)
        form.data = typed


def error_status(error: Exception) -> int:
    """Return the status of a refused request: 409 for a conflict (RFC 9110, 15.5.10), else 400."""
    return 409 if isinstance(error, ConflictError) else 400


def form_status(*forms: BaseForm) -> int:
    """Return the status of a page with these forms: 200 without errors, 409 with a conflict, else 400."""
    if any(form.has_error(NON_FIELD_ERRORS, _CONFLICT) for form in forms if form.is_bound):
        return 409
    return 400 if any(form.errors for form in forms) else 200
