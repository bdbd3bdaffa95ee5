"""Error texts on forms, and edit conflicts.

When two people edit the same object, the later one keeps their input and saves again against the current version.
"""

from __future__ import annotations

from django.forms import Form
from django.http import QueryDict


def sentence(error: Exception) -> str:
    """Return an error's text with a capital letter; the text itself begins in lower case, for use after a prefix."""
    text = str(error)
    return text[:1].upper() + text[1:]


def keep_input(form: Form, error: Exception, *, version: int) -> None:
    """Show the error at the top of the form, keep the input, and set the current version for the next try."""
    form.add_error(None, sentence(error))
    if isinstance(form.data, QueryDict):
        typed = form.data.copy()
        typed["version"] = str(version)
        form.data = typed
