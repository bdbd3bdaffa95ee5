"""Refusals of forms: their status follows the class of the error, and only a conflict renews the version."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django import forms
from django.http import QueryDict

from each import each
from securebase.errors import ConflictError, InputError
from securebase.workbench.ui.conflict import error_status, form_status, keep_input

SOURCES = Path(__file__).parents[3] / "src" / "securebase"


class NameForm(forms.Form):
    name = forms.CharField(max_length=5)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


@pytest.mark.parametrize(
    ("error", "status", "version"),
    [(ConflictError(), 409, "7"), (InputError("the name is taken"), 400, "3")],
)
def test_only_a_conflict_renews_the_version(error: InputError, status: int, version: str) -> None:
    form = NameForm(QueryDict("name=Lena&version=3"))
    assert form.is_valid()
    keep_input(form, error, version=7)
    assert (form_status(form), error_status(error)) == (status, status)
    html = form.as_p()
    assert 'value="Lena"' in html
    assert f'name="version" value="{version}"' in html
    assert str(error)[1:] in html


def test_a_page_without_errors_is_answered_by_200() -> None:
    assert form_status(NameForm(), NameForm(QueryDict("name=Lena"))) == 200
    assert form_status(NameForm(), NameForm(QueryDict("name=Magdalena"))) == 400


@each(sorted(SOURCES.rglob("*.py")), lambda path: path.relative_to(SOURCES))
def test_no_branch_depends_on_the_words_of_an_error(path: Path) -> None:
    for handler in (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ExceptHandler) and n.name):
        for comparison in (n for n in ast.walk(handler) if isinstance(n, ast.Compare)):
            names = {n.id for n in ast.walk(comparison) if isinstance(n, ast.Name)}
            assert handler.name not in names, f"line {comparison.lineno} compares “{ast.unparse(comparison)}”"
