"""Refusals of forms: their status follows the class of the error, and only a conflict renews the version."""

from __future__ import annotations

import ast
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django import forms
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import QueryDict
from django.test import RequestFactory

from each import each
from securebase import errors
from securebase.errors import ConflictError, InputError, NotPermittedError
from securebase.workbench.ui.conflict import error_status, form_status, refusal_as_message, refusal_on

OWN_ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
SOURCES = Path(__file__).parents[3] / "src" / "securebase"


class NameForm(forms.Form):
    name = forms.CharField(max_length=5)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class Row:
    """A row that somebody else has changed since the form read version 3."""

    version = 3

    def refresh_from_db(self) -> None:
        self.version = 7


@pytest.mark.parametrize(
    ("error", "status", "version"),
    [(ConflictError(), 409, "7"), (InputError("the name is taken"), 400, "3")],
)
def test_a_refused_form_keeps_its_input_and_only_a_conflict_renews_the_version(
    error: InputError, status: int, version: str
) -> None:
    form = NameForm(QueryDict("name=Lena&version=3"))
    assert form.is_valid()
    with refusal_on(form, row=Row()):
        raise error
    assert (form_status(form), error_status(error)) == (status, status)
    html = form.as_p()
    assert 'value="Lena"' in html
    assert f'name="version" value="{version}"' in html
    assert str(error)[1:] in html


def test_a_refused_block_leaves_its_reason_as_a_message() -> None:
    request = RequestFactory().post("/")
    request.session = {}
    request._messages = FallbackStorage(request)
    with refusal_as_message(request, before="Not saved."):
        raise InputError("the name is taken", advice="Choose another.")
    assert [str(m) for m in request._messages] == ["Not saved. The name is taken. Choose another."]


@pytest.mark.parametrize("refusal", [refusal_on(NameForm()), refusal_as_message(RequestFactory().post("/"))])
def test_other_errors_are_no_refusals(refusal: AbstractContextManager[None]) -> None:
    with pytest.raises(NotPermittedError), refusal:
        raise NotPermittedError("not in your caseload")


def test_a_page_without_errors_is_answered_by_200() -> None:
    assert form_status(NameForm(), NameForm(QueryDict("name=Lena"))) == 200
    assert form_status(NameForm(), NameForm(QueryDict("name=Magdalena"))) == 400


@each(sorted(SOURCES.rglob("*.py")), lambda path: path.relative_to(SOURCES))
def test_no_branch_depends_on_the_words_of_an_error(path: Path) -> None:
    handlers = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ExceptHandler) and n.type]
    for handler in handlers:
        if not OWN_ERRORS & {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)}:
            continue  # libraries may tell their errors apart by nothing else
        for comparison in (n for n in ast.walk(handler) if isinstance(n, ast.Compare)):
            names = {n.id for n in ast.walk(comparison) if isinstance(n, ast.Name)}
            assert handler.name not in names, f"line {comparison.lineno} compares “{ast.unparse(comparison)}”"
