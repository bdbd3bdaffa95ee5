"""Sentences that pages share."""

from __future__ import annotations

from django import forms
from django.template import Context, Template

from securebase.workbench.ui.sentences import describe_errors, name_sessions


class NameForm(forms.Form):
    first = forms.CharField()
    last = forms.CharField()


def test_errors_of_a_form_are_counted_in_words() -> None:
    assert describe_errors(NameForm()) == []
    assert describe_errors(NameForm({"first": "Ash", "last": "K."})) == []
    assert describe_errors(NameForm({"first": "Ash"})) == ["Not saved yet. Correct the field marked below."]
    assert describe_errors(NameForm({})) == ["Not saved yet. Correct the 2 fields marked below."]


def test_errors_of_the_form_itself_come_first() -> None:
    form = NameForm({})
    form.add_error(None, "Someone else saved in the meantime.")
    assert describe_errors(form) == ["Someone else saved in the meantime."]


def test_many_sessions_are_counted() -> None:
    assert name_sessions([4]) == "session 4"
    assert name_sessions([2, 4, 6]) == "sessions 2, 4, 6"
    assert name_sessions([2, 4, 6, 8]) == "4 times, last in session 8"


def test_templates_word_numbers_without_loading_a_library() -> None:
    template = Template('{{ n|count:"session" }}, {{ asked|sessions }}')
    assert template.render(Context({"n": 1, "asked": [2, 5]})) == "1 session, sessions 2, 5"
