"""What a form says when it is refused.

When two people edit one thing, what the later one typed is kept, and the next save is against what is saved now.
"""

from __future__ import annotations

from django.forms import Form
from django.http import QueryDict


def sentence(error: Exception) -> str:
    """What an error says, as a page says it: errors begin small, because a command line puts a place before them."""
    text = str(error)
    return text[:1].upper() + text[1:]


def keep_typed(form: Form, error: Exception, *, version: int) -> None:
    """Say why at the top of the form, and let it be sent again with the version that is saved now."""
    form.add_error(None, sentence(error))
    if isinstance(form.data, QueryDict):
        typed = form.data.copy()
        typed["version"] = str(version)
        form.data = typed
